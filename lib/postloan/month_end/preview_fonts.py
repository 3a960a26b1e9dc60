"""Which installed faces stand in for 仿宋, 楷体, 黑体, 宋体 and 小标宋 in a preview on a machine that does not have them.

Papers name the official fonts, and a bank's Windows machines have them; a bare Linux server has none. Left alone, LibreOffice then takes
any face, and another for each character that one lacks, so that 喆 in a customer's name stands out of its line. Here a face is
replaced as a whole: by the first of its kind that has every character of the papers to be shown (domain.md 7.13).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from xml.sax.saxutils import escape

Charset = frozenset[int]

_SONG = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "AR PL UMing CN", "Noto Sans CJK SC", "Noto Sans SC")
_HEI = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans SC")
STAND_INS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("仿宋", "仿宋_GB2312", "FangSong", "FangSong_GB2312", "华文仿宋", "STFangsong"): ("FandolFang", *_SONG),
    ("楷体", "楷体_GB2312", "KaiTi", "KaiTi_GB2312", "华文楷体", "STKaiti"): ("FandolKai", "LXGW WenKai", *_SONG),
    ("黑体", "SimHei", "华文黑体", "STHeiti", "微软雅黑", "Microsoft YaHei", "等线", "DengXian"): _HEI,
    ("宋体", "SimSun", "NSimSun", "新宋体", "华文宋体", "STSong", "方正小标宋简体", "方正小标宋_GBK", "小标宋"): _SONG,
}
"""Names of a face in documents → faces of its kind, the likest first. The last, Noto Sans SC, comes with the package zhplot."""

_MORE_FOLDERS = ("/usr/share/texlive/texmf-dist/fonts/opentype/public/fandol", "/usr/share/texmf/fonts/opentype/public/fandol")


@dataclass(frozen=True)
class PreviewFonts:
    """For each name of a face the installed family that shows it, and the characters of the paper that one of these lacks."""

    families: tuple[tuple[str, str], ...]
    lacking: tuple[str, ...] = ()


def preview_fonts(characters: Iterable[str], installed: Mapping[str, Charset]) -> PreviewFonts:
    """The families, of those `installed`, for a paper that holds `characters`: the same whatever else is shown with it.

    Where fontconfig is not there to ask (Windows, macOS) the system's own fonts are used, and nothing is known of what they lack.
    """
    wanted = frozenset(map(ord, characters))
    best = {names: _best(stand_ins, names, installed, wanted) for names, stand_ins in STAND_INS.items()}
    families = tuple((name, family) for names, family in best.items() if family for name in names)
    lacking = frozenset().union(*(wanted - installed[family] for _, family in families))
    return PreviewFonts(families, tuple(map(chr, sorted(lacking))))


def _best(stand_ins: Iterable[str], names: Iterable[str], installed: Mapping[str, Charset], wanted: Charset) -> str | None:
    """The face itself or the first that stands in for it and lacks nothing; where all lack something, the first of those that lack least."""
    there = [name for name in (*names, *stand_ins) if name in installed]
    return min(there, key=lambda name: len(wanted - installed[name]), default=None)


def installed_faces() -> dict[str, Charset]:
    """Every installed family that may be of use, with the codes it has; nothing where there is no fontconfig."""
    fc_list, fc_scan = shutil.which("fc-list"), shutil.which("fc-scan")
    if not fc_list or not fc_scan:
        return {}
    wanted = {name for names, stand_ins in STAND_INS.items() for name in (*names, *stand_ins)}
    known: dict[str, Charset] = {}
    for command in ([fc_list, ":"], *([fc_scan, folder] for folder in _folders())):
        told = subprocess.run([*command, "--format", "%{family}\t%{charset}\n"], capture_output=True, check=False, timeout=60).stdout
        for line in told.decode("utf-8", "replace").splitlines():
            names, _, ranges = line.partition("\t")
            for name in (wanted & set(names.split(","))) - known.keys():
                known[name] = _codes(ranges)
    return known


def _codes(ranges: str) -> Charset:
    """The codes of fontconfig's `20-7e a0 4e00-9fff`."""
    spans = (span.partition("-") for span in ranges.split())
    return frozenset(code for first, _, last in spans for code in range(int(first, 16), int(last or first, 16) + 1))


def _folders() -> list[str]:
    """Folders of fonts that are on the machine and not in its font path."""
    zhplot = find_spec("zhplot")
    carried = [str(Path(zhplot.origin).parent / "fonts")] if zhplot and zhplot.origin else []
    return [folder for folder in (*_MORE_FOLDERS, *carried) if Path(folder).is_dir()]


def fontconfig(fonts: PreviewFonts) -> str:
    """A fonts.conf of our own: what the machine has, the folders beside it, and one family for each name of a face."""
    machine = escape(os.environ.get("FONTCONFIG_FILE") or "/etc/fonts/fonts.conf")
    folders = "".join(f"<dir>{escape(folder)}</dir>" for folder in _folders())
    aliases = "".join(
        f'<match target="pattern"><test name="family"><string>{escape(name)}</string></test>'
        f'<edit name="family" mode="assign" binding="same"><string>{escape(family)}</string></edit></match>'
        for name, family in fonts.families
        if name != family
    )
    head = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
    return f'{head}<fontconfig><include ignore_missing="yes">{machine}</include>{folders}{aliases}</fontconfig>'
