"""What is known about debris, numbering and copying errors: tables only, so that the next file benefits.

Patterns are written for simplified characters; traditional text is converted
before they are tried.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
NUMERALS = "一二三四五六七八九十"
SENTENCE_END = "。！？!?"
_SURNAMES = (
    "李王张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
PERSON = f"[{_SURNAMES}][{HAN}]{{1,3}}"
PERSONS = f"{PERSON}(?:[ 、\u3000]+{PERSON}){{0,5}}"


@dataclass(frozen=True)
class Debris:
    """A pattern that a website leaves behind. `edge`: believed only near the ends of the file."""

    name: str
    reason: str
    pattern: re.Pattern[str]
    edge: bool = False


def _line(name: str, reason: str, pattern: str, *, edge: bool = False) -> Debris:
    return Debris(name, reason, re.compile(rf"(?:{pattern})", re.IGNORECASE), edge)


_FILE_NAME = r".{1,80}\.(?:docx?|pdf|txt|xlsx?|pptx?|wps)"

# Whole lines; tried with fullmatch on the trimmed line.
LINES = (
    _line("stray", "残留符号", r"[|｜>＞_=*·•~\-—\s]+"),
    _line(
        "breadcrumb",
        "网页导航路径",
        r"[|｜]?\s*(?:您?(?:现|目前)?(?:在)?所?(?:在)?的?(?:当前)?位置)\s*[:：].*",
    ),
    _line("breadcrumb", "网页导航路径", r"[|｜]?\s*(?:网站)?首页\s*(?:[>＞»›/|-].*)?"),
    _line(
        "counter",
        "网页发布时间、浏览次数",
        r"(?:发布|更新|录入)(?:时间|日期)\s*[:：]\s*(?:\d{4}.{0,76}|(?:浏览|点击|阅读).{0,20})?",
    ),
    _line("counter", "网页浏览次数", r"(?:浏览|点击|阅读|访问)(?:次数|量|数)\s*[:：]?\s*\d*\s*次?"),
    _line(
        "meta",
        "网页信息栏",
        r"(?:信息)?(?:来源|作者|编辑|责任编辑|审核|发布人|发布机构)\s*[:：].{0,40}",
        edge=True,
    ),
    _line(
        "meta", "网页信息栏", r"(?:索引号|主题分类|有效性|时效性|公开方式|信息类别)\s*[:：].{0,60}", edge=True
    ),
    _line("tools", "网页按钮", r"[【\[]?\s*字[体号]\s*[:：]?\s*(?:大|中|小|\s)+[】\]]?.*"),
    _line(
        "tools",
        "网页按钮",
        r"[【\[]?(?:打印(?:本页)?|关闭(?:窗口|本页)?|收藏|分享|返回顶部|\s|[|｜/】\[【\]])+",
    ),
    _line("tools", "网页按钮", r"收藏\s+分享.{0,12}|分享到\s*[:：]?.{0,40}|扫一扫.{0,30}"),
    _line("neighbours", "网页上下篇链接", r"(?:上|下)一(?:篇|条)\s*[:：].*"),
    _line(
        "neighbours",
        "网页推荐栏目",
        r"(?:相关(?:资源|搜索|新闻|链接|阅读|推荐|文章|文档)|猜你喜欢|热门(?:文章|搜索))(?:[\s:：]*)",
    ),
    _line("library", "文库网站的文件名行", _FILE_NAME + r"(?:_第\d+页)?"),
    _line("library", "文库网站的上传信息", r"上传(?:人|者|时间)\s*[:：].*"),
    _line("library", "文库网站的文件信息", r"文档编号\s*[:：].*|(?:格式|页数|大小)\s*[:：]\s*\S{1,12}"),
    _line(
        "library",
        "文库网站按钮",
        r"下载(?:\s+(?:相关|举报|收藏|分享))*|资源描述|展开阅读全文|点击查看更多.*",
    ),
    _line("library", "文库网站的页数提示", r"第\s*\d+\s*页\s*(?:/|，|,|、)?\s*(?:共\s*\d+\s*页)?"),
    _line("library", "文库网站的下载提示", r"亲\s*[,，].{0,20}文档.*|.{0,20}全部预览完了.*"),
    _line("footer", "网站版权信息", r"(?:copyright|©|版权所有).{0,120}|.{0,80}版权所有.{0,40}"),
    _line("footer", "网站备案信息", r".{0,40}(?:ICP备|公网安备|网站标识码).{0,60}"),
    _line(
        "footer", "网站制作信息", r"(?:produced|powered|designed)\s+by\b.*|技术支持\s*[:：].{0,40}", edge=True
    ),
    _line("keywords", "网页关键词（多为广告）", r"(?:关键词|关键字|标签|tags?)\s*[:：].*", edge=True),
    _line("caption", "图片说明", r"(?:▲|图为|图片\s*[:：]|图\s*\d+\s*[:：]).{0,80}"),
    _line(
        "caption",
        "图片说明",
        rf".{{2,60}}(?:[（(].{{0,12}}(?:摄影?|供图)[)）]|\s{PERSON}\s*(?:摄影?|供图))",
        edge=True,
    ),
    _line(
        "byline",
        "署名（自然人姓名）",
        rf"[（(]?(?:本报|本网|本刊)?(?:记者|通讯员|作者|撰稿|文)\s*[:：/]?\s*{PERSONS}[)）]?",
        edge=True,
    ),
    _line("page", "页码", r"[-—–―·\s]*\d{1,4}[-—–―·\s]*"),
)

_SYLLABLE = r"(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?[aeiouüvāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹ]{1,4}(?:ng|n|r|ɡ|g)?"

# Stretches inside a line, tried with finditer. Glosses come first: they also break up the lines above.
GLOSSES = (
    _line(
        "gloss", "夹注拼音", rf"(?<=[{HAN}])[（(](?=[^()（）]*[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹ]){_SYLLABLE}[)）]"
    ),
)
STRETCHES = (
    _line("address", "残留网址", r"(?:https?://|www\.)[A-Za-z0-9./?=&%_#:~-]+"),
    _line(
        "address",
        "残留网址",
        rf"(?:(?<=[{SENTENCE_END}])\s*[{HAN}]{{1,6}})?\s*(?<![A-Za-z0-9])/[A-Za-z0-9._-]+/?[A-Za-z0-9./_-]*html?",
    ),
    _line("author", "作者介绍（自然人）", r"\s*[（(]作者(?:系|为|是|单位|简介|[:：])[^（）()]{2,80}[)）]"),
    _line("editor", "编辑署名（自然人姓名）", rf"\s*(?:责任编辑|责编|编辑)[:： ]*{PERSONS}\s*$"),
    _line(
        "byline",
        "署名（自然人姓名）",
        rf"(?<=[{SENTENCE_END}”])\s*[（(](?:记者|通讯员)?\s*{PERSONS}[)）]\s*$",
        edge=True,
    ),
)


@dataclass(frozen=True)
class Suspect:
    """A word that a copying site or a scanner put in place of another."""

    pattern: re.Pattern[str]
    suggestion: str


def _suspect(pattern: str, suggestion: str) -> Suspect:
    return Suspect(re.compile(pattern), suggestion)


# `suggestion` is a template of `re.Match.expand`. Never applied: only proposed.
SUSPECTS = (
    _suspect(r"([原否规法细准守总])那么", r"\1则"),
    _suspect(r"([该当])([^，。、；,;那]{1,2})那么\2", r"\1\2则\2"),
    _suspect(r"(工程)工程", r"\1项目"),
    _suspect(r"(交易|招标|采购)工程(?=\d)", r"\1项目"),
    _suspect(r"比照拟|比拟(?=[大小多少高低突严封好差])", "比较"),
    _suspect(r"一?局部(?=人|地区|单位|干部|群众|党员|领导)", "一部分”或“部分"),
    _suspect(r"根底(?=[上，。；、之扎])", "基础"),
    _suspect(r"(社会|经济|事业|科学|持续|健康)开展(?=[、，。；的和,]|民生)", r"\1发展"),
    _suspect(r"(表|发)说明确", r"\1表明确"),
    _suspect(
        r"(管理|实施|暂行|考核|监督|工作|初始提名|分配|评价)方法(?=[，。；、》和根（(,;)）]|$)", r"\1办法"
    ),
    _suspect(r"(?<=[。；])方法(?=实施|施行|出台)", "办法"),
    _suspect(r"标准(用权|流程|运行|行使|权力)", r"规范\1"),
    _suspect(r"(进行|权力|运行|明确)标准(?=[，。；、（(,高的])", r"\1规范"),
    _suspect(r"(?<=鼓励和)催促|催促(?=落实|检查|指导|有关)", "督促"),
    _suspect(r"举措施", "举措”或“措施"),
    _suspect(r"这样以来", "这样一来"),
    _suspect(r"防治(?=创新|出现|产生|发生)", "防止"),
    _suspect(r"白己", "自己"),
    _suspect(r"(?<!自)己经", "已经"),
    _suspect(r"[锟斤拷]{3}|\ufffd|□{2,}", "原件上的字（此处是乱码）"),
    _suspect(r"([，。、；：！？])[，。、；：]", r"\1"),
)

# 发文机关: how the name of a unit ends.
UNIT = (
    rf"[{HAN}（）()、“”]{{1,38}}?(?:委员会|办公室|人民政府|政府|党委|党组|党工委|纪委|监委|区委|县委|市委|省委|局|厅|部"
    r"|院|处|中心|公司|办事处|领导小组|联合会|协会|总队|支队|大队|集团|学校|大学|委办)"
)

# The last words of an official title.
GENRE = r"(?:通知|意见|办法|规定|方案|制度|细则|条例|决定|讲话|报告|通报|公告|通告|规则|准则|规程|纪要|函|批复|决议|规范|预案|清单|目录)"

# Tails of essay headings which a title made from such a heading does without.
TITLE_TAILS = r"的(?:实践探索|几点思考|主要做法|探索与(?:实践|思考)|基本情况|做法和成效)"

# Sub-forms that an annex may announce by their number (N个模本) and that head a page of their own (模本一：).
FORMS = r"(?:模本|范本|样本|样表|样式|格式|附表|附图)"
