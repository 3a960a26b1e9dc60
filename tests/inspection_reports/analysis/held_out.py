"""Reports as outside programs might invent them: three makers that share no words and no build, and copies planted among them.

Each maker is `maker(rng) -> write(customer) -> list of sentences`; the form's own sentences, the trade's and the manager's style are in
there and are no copying. `plant` copies a written report with another customer's facts (A), with 15 % of its sentences replaced
(B), with its sentences reordered (C).
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

Writer = Callable[[int], tuple[str, list[str], Callable[[], str]]]

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国文斌海燕"
PLACES = [
    "杭州",
    "宁波",
    "温州",
    "嘉兴",
    "绍兴",
    "金华",
    "台州",
    "苏州",
    "无锡",
    "常州",
    "南通",
    "合肥",
    "济南",
    "青岛",
    "福州",
    "厦门",
    "长沙",
    "武汉",
    "成都",
    "昆明",
]
BRANDS = [
    "华阳",
    "龙城",
    "宏达",
    "东方",
    "金鼎",
    "瑞丰",
    "恒通",
    "天元",
    "佳和",
    "永盛",
    "新锐",
    "远大",
    "博雅",
    "正泰",
    "三江",
    "四海",
    "泰昌",
    "银河",
    "海纳",
    "中茂",
    "鼎新",
    "嘉禾",
    "顺达",
    "万邦",
]
FORMS = ["有限公司", "有限责任公司", "股份有限公司"]


@dataclass(frozen=True)
class Report:
    """One written report and, of a planted copy, its original and its class."""

    inspection_id: str
    customer_id: str
    customer_name: str
    sentences: tuple[str, ...]
    original: str = ""
    kind: str = ""

    @property
    def text(self) -> str:
        return "".join(self.sentences)


def person(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.choice([1, 2])))


def company(rng: random.Random, trade: str) -> str:
    return rng.choice(PLACES) + rng.choice(BRANDS) + rng.choice(GIVEN) + trade + rng.choice(FORMS)


def number(rng: random.Random) -> str:
    return rng.choice(
        [f"{rng.randint(10, 9999)}", f"{rng.uniform(1, 9999):,.2f}", f"{rng.uniform(0.1, 99):.1f}", f"{rng.randint(1, 60) * 50:,}"]
    )


def day(rng: random.Random) -> str:
    month, date = rng.randint(1, 12), rng.randint(1, 28)
    return rng.choice([f"2014年{month}月{date}日", f"{month}月{date}日", f"2014-{month:02d}-{date:02d}", f"2014年{month}月末"])


def refill(sentence: str, rng: random.Random, customer_name: str, trade: str) -> str:
    """The sentence with its slots ⟦n⟧ ⟦d⟧ ⟦p⟧ ⟦c⟧ ⟦me⟧ filled afresh."""
    makers = {"n": number, "d": day, "p": person, "c": lambda r: company(r, trade), "me": lambda _: customer_name}
    return re.sub("⟦(n|d|p|c|me)⟧", lambda found: makers[found[1]](rng), sentence)


# ---- maker 1: a form with fixed sentences, long lists of sentences by trade, a manager's pet phrases --------------------------------

FORM_1 = [
    "本次检查依据我行《法人客户贷后管理办法》的要求，由客户经理双人实地查看生产经营场所，并与企业主要负责人面谈。",
    "检查人员核对了企业提供的财务报表、纳税申报表、银行对账单及购销合同等资料，相关资料留存贷后档案。",
    "截至检查日，⟦me⟧在我行授信余额⟦n⟧万元，担保方式未发生变化。",
    "检查中未发现借款人存在挪用信贷资金、涉及重大诉讼或者对外过度担保等影响还款能力的情形。",
    "以上情况由检查人员如实填写，并对内容的真实性负责。",
]
TOPICS_1 = {
    "纺织": ["坯布", "纱线", "印染", "织机", "外贸订单"],
    "机械": ["铸件", "数控机床", "减速机", "钢材", "装配线"],
    "食品": ["冷链", "原粮", "灌装线", "商超渠道", "添加剂"],
    "建材": ["水泥", "砂石", "预拌站", "瓷砖", "工程款"],
    "化工": ["树脂", "溶剂", "反应釜", "环保设施", "危化品仓库"],
    "商贸": ["钢贸", "仓单", "经销商", "账期", "库存车"],
}
OPENERS_1 = [
    "从现场看",
    "据财务人员介绍",
    "对照上季度",
    "经抽查凭证",
    "通过走访车间",
    "调阅账户流水后",
    "结合用电量判断",
    "与同行相比",
    "按合同约定",
    "受行情影响",
    "在旺季带动下",
    "由于回款放慢",
]
SUBJECTS_1 = [
    "产量",
    "开工率",
    "毛利空间",
    "存货周转",
    "应收账款",
    "预付款项",
    "人工成本",
    "能耗水平",
    "订单结构",
    "客户集中度",
    "结算方式",
    "设备状况",
    "员工队伍",
    "产品售价",
    "原料采购",
]
VERBS_1 = [
    "保持平稳",
    "略有回落",
    "明显好转",
    "低于预期",
    "处于合理区间",
    "波动加大",
    "逐月改善",
    "压力仍存",
    "与申报口径一致",
    "有待进一步核实",
    "较同行偏高",
    "基本可控",
]
TAILS_1 = [
    "金额约⟦n⟧万元",
    "同比变动⟦n⟧%",
    "较⟦d⟧增加⟦n⟧万元",
    "主要涉及⟦c⟧",
    "占比达到⟦n⟧%",
    "负责人⟦p⟧表示将在下季度处理",
    "账龄多在⟦n⟧天以内",
    "其中⟦c⟧尚欠⟦n⟧万元",
    "已要求企业补充说明",
    "对还款来源影响有限",
    "需要在下次检查中跟踪",
    "我行将视情况调整授信条件",
    "企业已采取相应措施",
    "与⟦c⟧的合作已有⟦n⟧年",
]
STYLE_1 = [
    "总的来说企业家心态比较稳健，做事踏实，配合度也高。",
    "笔者认为企业护城河谈不上深，但胜在细水长流。",
    "一句话，账是清楚的，人是可靠的，货是走得动的。",
    "下一步还是老办法，勤跑、勤看、勤算账。",
    "客户关系维护方面，坚持每月至少登门一次。",
    "值得肯定的是企业对我行的要求从不推诿。",
    "提示一下，节假日前后的资金安排要格外留心。",
    "此处不再赘述，详见历次检查档案中的记录。",
    "客观地讲，风险总体可控，但不能掉以轻心。",
    "综上，建议维持现有额度并加强日常沟通。",
]
TRADE_1 = [
    "{a}行业整体产能过剩，价格竞争激烈，中小企业议价能力普遍不强。",
    "受{a}价格波动影响，企业普遍采取以销定产的策略控制库存。",
    "{a}环节占用资金较多，季节性特征比较明显。",
    "近期监管部门对{a}相关企业开展专项检查，对行业有一定影响。",
    "下游对{a}的需求有所恢复，但回款周期普遍拉长。",
    "{a}的技术门槛不高，同质化现象突出。",
    "行业协会数据显示{a}的景气指数在荣枯线附近徘徊。",
    "当地政府对{a}产业有税收和用地方面的扶持政策。",
]


def maker_1(rng: random.Random) -> Writer:
    """Half of a report is the form's, the trade's and the manager's."""
    managers = [rng.sample(STYLE_1, 4) for _ in range(40)]

    def fresh(trade: str) -> str:
        thing = rng.choice(TOPICS_1[trade])
        first = (
            f"{rng.choice(OPENERS_1)}，{thing}{rng.choice(['方面', '业务', '环节', '板块'])}的{rng.choice(SUBJECTS_1)}{rng.choice(VERBS_1)}"
        )
        second = f"，{rng.choice(SUBJECTS_1)}{rng.choice(VERBS_1)}" if rng.random() < 0.5 else ""
        return f"{first}{second}，{rng.choice(TAILS_1)}。"

    def write(customer: int) -> tuple[str, list[str], Callable[[], str]]:
        trade = rng.choice(list(TOPICS_1))
        own = [fresh(trade) for _ in range(rng.randint(8, 26))]
        shared = rng.sample([line.format(a=a) for line in TRADE_1 for a in TOPICS_1[trade]], rng.randint(2, 5)) + rng.sample(
            managers[customer % 40], 3
        )
        for sentence in shared:
            own.insert(rng.randint(0, len(own)), sentence)
        return trade, [*FORM_1[:3], *own, *FORM_1[3:]], lambda: fresh(trade)

    return write


# ---- maker 2: one template of paragraphs in a fixed order; every paragraph has a few versions and some free clauses -------------------


def maker_2(rng: random.Random) -> Writer:
    """Sections in the order of the form, stock sentences with a synonym here and there, free sentences of random words between them."""
    syllables = "生产销售采购库存资金设备工人订单价格成本利润税费电力运输仓储质量研发渠道品牌合同发票账款汇率关税环保安全培训招聘扩建搬迁租赁技改检修备货促销展会招标验收结算对账催收"
    words = [syllables[i : i + 2] for i in range(0, len(syllables) - 1, 2)]
    glue = [
        "环比",
        "小幅",
        "持续",
        "显著",
        "不及",
        "优于",
        "带动",
        "拖累",
        "配合",
        "支撑",
        "滞后于",
        "快于",
        "抵消",
        "依赖",
        "受制于",
        "受益于",
    ]
    stock = [
        "企业{证照|经营证照|各类证照}齐全有效，{年检|年审}手续已办妥。",
        "厂区{秩序井然|管理有序|整洁}，{机器|设备}{正常运转|运行正常}，未见停产迹象。",
        "员工{出勤正常|队伍稳定}，工资{按时|按月}发放，无{欠薪|拖欠}现象。",
        "销售款项{主要|大部分}通过我行结算账户回笼，本期归行⟦n⟧万元，归行率⟦n⟧%。",
        "企业对外担保余额⟦n⟧万元，{均在|处于}可承受范围。",
        "本期实现营业收入⟦n⟧万元、净利润⟦n⟧万元，资产负债率⟦n⟧%。",
        "经营性现金流入⟦n⟧万元，流出⟦n⟧万元，{能够|可以}覆盖利息支出。",
        "前五大供应商为⟦c⟧、⟦c⟧等，采购占比⟦n⟧%。",
        "前五大客户为⟦c⟧、⟦c⟧等，销售占比⟦n⟧%。",
        "征信报告（查询日期⟦d⟧）显示{无逾期|无不良记录|未见异常}。",
        "抵押物现场查看状况{良好|正常}，评估价值⟦n⟧万元，{抵押率|抵质押率}⟦n⟧%。",
        "保证人{经营正常|状况稳定}，具备代偿能力。",
        "实际控制人⟦p⟧{无不良嗜好|品行良好}，家庭{和睦|稳定}。",
        "{综合来看|总体评价}，该客户{第一还款来源充足|还款来源有保障}，风险{可控|较低}。",
    ]
    managers = [[re.sub(r"\{([^}]*)\}", lambda f: rng.choice(f[1].split("|")), line) for line in stock] for _ in range(60)]

    def fresh(_: str = "") -> str:
        clauses = [
            f"{rng.choice(words)}{rng.choice(words)}{rng.choice(glue)}{rng.choice(words)}{rng.choice(words)}"
            for _ in range(rng.randint(1, 3))
        ]
        return (
            "，".join([*clauses, rng.choice(["约⟦n⟧万元", "幅度⟦n⟧%", "经办为⟦p⟧", "时间在⟦d⟧", "对方为⟦c⟧", "尚待核实", "已整改"])]) + "。"
        )

    def write(customer: int) -> tuple[str, list[str], Callable[[], str]]:
        lines = []
        for sentence in rng.sample(managers[customer % 60], rng.randint(7, 12)):
            lines += [sentence, *(fresh() for _ in range(rng.randint(0, 3)))]
        return "实业", lines + [fresh() for _ in range(4)], fresh

    return write


# ---- maker 3: everything from one pool of sentences, some of them much more popular than others; little that is anyone's own ------------


def maker_3(rng: random.Random) -> Writer:
    """Sentences drawn by popularity from a pool of 600: any two reports share several."""
    nouns = [
        "货款",
        "流水",
        "报表",
        "厂房",
        "机台",
        "货车",
        "门店",
        "基地",
        "项目",
        "股权",
        "专利",
        "商标",
        "保单",
        "仓单",
        "票据",
        "押品",
        "租金",
        "电费",
        "水费",
        "社保",
        "公积金",
        "进项税",
        "销项税",
        "退税",
        "补贴",
        "定金",
        "尾款",
        "质保金",
        "代理商",
        "加盟店",
    ]
    acts = [
        "核对无误",
        "存在差异",
        "正在办理",
        "已经到位",
        "尚未取得",
        "逐步恢复",
        "继续下滑",
        "趋于稳定",
        "如期完成",
        "暂缓推进",
        "转为外包",
        "改由总部统一安排",
        "纳入预算",
        "引入第三方评估",
        "移交新团队",
    ]
    starts = [
        "经了解",
        "据悉",
        "目前",
        "本季",
        "从结构上看",
        "就风险而言",
        "在管理上",
        "具体到科目",
        "相较年初",
        "站在银行角度",
        "访谈得知",
        "需要说明的是",
    ]
    ends = [
        "涉及⟦n⟧万元",
        "约占⟦n⟧%",
        "由⟦p⟧经办",
        "预计⟦d⟧前见效",
        "暂无新增",
        "未影响付息",
        "已作提示",
        "双方无争议",
        "与⟦c⟧有关",
        "共⟦n⟧笔",
    ]
    pool = [
        f"{rng.choice(starts)}，{rng.choice(nouns)}与{rng.choice(nouns)}{rng.choice(acts)}，{rng.choice(nouns)}{rng.choice(acts)}，{rng.choice(ends)}。"
        for _ in range(600)
    ]
    popularity = [1 / (rank + 12) ** 0.8 for rank in range(600)]

    def fresh(_: str = "") -> str:
        return rng.choices(pool, popularity)[0]

    def write(customer: int) -> tuple[str, list[str], Callable[[], str]]:
        lines: dict[str, None] = {}
        while len(lines) < 16 + customer % 24:
            lines[fresh()] = None
        return "贸易", list(lines), fresh

    return write


MAKERS = {"form and trade": maker_1, "stock and free": maker_2, "one pool": maker_3}


def replaced(sentences: list[str], fresh: Callable[[], str], rng: random.Random, rounding: Callable[[float], int] = math.ceil) -> list[str]:
    """15 % of the sentences replaced by fresh ones of the same maker."""
    chosen = set(rng.sample(range(len(sentences)), max(1, rounding(0.15 * len(sentences)))))
    return [fresh() if place in chosen else sentence for place, sentence in enumerate(sentences)]


def corpus(maker: str, count: int, seed: int, copies: float = 0.12, rounding: Callable[[float], int] = math.ceil) -> list[Report]:
    """`count` reports in the order of their submission, a share `copies` of them planted, a third each of class A, B and C.

    One copy in ten is of the very first report, so that there is one large family.
    """
    rng = random.Random(f"{maker} {seed}")
    write = MAKERS[maker](rng)
    reports: list[Report] = []
    written: list[tuple[str, str, list[str], Callable[[], str]]] = []
    for place in range(count):
        kind = rng.choice("ABC") if written and rng.random() < copies else ""
        if not kind:
            written.append((f"R{place}", *write(place)))
        original, trade, lines, fresh = (written[0] if rng.random() < 0.1 else rng.choice(written)) if kind else written[-1]
        if kind == "B":
            lines = replaced(lines, fresh, rng, rounding)
        elif kind == "C":
            lines = rng.sample(lines, len(lines))
        name = company(rng, trade)
        filled = tuple(refill(line, rng, name, trade) for line in lines)
        reports.append(Report(f"R{place}", f"K{place}", name, filled, original if kind else "", kind))
    return reports
