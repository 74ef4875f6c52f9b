"""Duties of the catalogue that are no check of a document: where each is kept instead, or why it is not here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Elsewhere:
    """One duty. `enforced`: `where` names the test that proves it. `not_here`: `reason` says who answers for it."""

    title: str
    how: Literal["enforced", "not_here"]
    reason: str
    where: str = ""


ELSEWHERE: dict[str, Elsewhere] = {
    "DEL-13": Elsewhere(
        "违规插手干预登记",
        "not_here",
        "干预记录只报纪委监委，不进入公开材料，也不在公开网站上核对。",
    ),
    "DEL-15": Elsewhere(
        "覆盖率",
        "not_here",
        "这是全县区单位的比例，不是对一份材料的核对；由“公开情况”页按各单位的记录统计。",
    ),
    "TEN-21": Elsewhere(
        "中标人与特定关系人比对",
        "not_here",
        "特定关系人报备是密封材料，比对结果只给纪委监委，任何情况下不公开。",
    ),
    "PUB-05": Elsewhere(
        "依申请公开的答复期限",
        "not_here",
        "本平台不受理信息公开申请；申请和答复的数量、结果在年度报告（PUB-04）中公开并核对。",
    ),
    "PUB-10": Elsewhere(
        "首页两周内更新",
        "not_here",
        "更新快慢取决于各单位按期公开，由各项公开期限（PUB-01、FIN-06 等）分别核对；本平台不为更新而更新。",
    ),
    "PUB-11": Elsewhere(
        "栏目按期更新、没有空栏目",
        "not_here",
        "栏目随公开件自动生成；哪些单位该公开而没有公开，在“公开情况”页按单位、按期间列出。",
    ),
    "PUB-12": Elsewhere(
        "网站打得开",
        "not_here",
        "公开网站是静态文件，能否打开由部署单位的服务器和监测负责。",
    ),
    "PUB-13": Elsewhere(
        "页面标注日期和来源",
        "enforced",
        "每份公开件的页面都由模板写明公开日期和公开单位。",
        "tests/site/test_pages.py::test_every_page_says_what_it_is",
    ),
    "PUB-14": Elsewhere(
        "网页标签",
        "enforced",
        "网站名称、栏目名称、文章标题、发布日期、内容来源由模板生成；网站域名、标识码两个标签尚未生成，须由部署单位取得后加入。",
        "tests/site/test_pages.py::test_every_page_says_what_it_is",
    ),
    "PUB-15": Elsewhere(
        "页脚登记信息",
        "not_here",
        "网站标识码、备案号、主办单位电话由部署单位取得，平台不能代填，也不编造。",
    ),
    "PUB-16": Elsewhere(
        "无障碍和适老化",
        "enforced",
        "各类页面在宽窄两种屏幕、明暗两种配色下用无障碍检查工具逐页核对，键盘可达，不依赖脚本。",
        "tests/browser/test_public_pages.py::test_no_page_has_an_accessibility_fault",
    ),
    "PUB-19": Elsewhere(
        "公开件长期保留",
        "enforced",
        "版本只增不删；依法撤回的，原处留下写明依据、原因和批准人的说明页。",
        "tests/services/test_publishing.py::test_a_withdrawal_leaves_a_tombstone_and_the_older_version_does_not_come_back",
    ),
}
