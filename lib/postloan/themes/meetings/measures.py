"""Post-loan meetings (贷后例会)."""

from postloan.figures.measure import tallied

tallied("meetings_held", "召开贷后例会次数", "贷后例会按规定的内容和频次召开")
