"""The cases of who opens a report: facts only; what must come of them stands in `sealing.json`, read by people once."""

from __future__ import annotations

from typing import Any

HOLDERS: list[dict[str, Any]] = [
    {"id": "hhead", "name": "示例甲", "post": "纪委书记、监委主任", "rank": "head", "unit": "金湖县纪委监委"},
    {"id": "h001", "name": "示例乙", "post": "信访室主任", "rank": "officer", "unit": None},
    {"id": "h002", "name": "阿示例·买示例", "post": "监督检查室主任", "rank": "officer", "unit": None},
    {
        "id": "h003",
        "name": "示例丁",
        "post": "派驻纪检监察组组长",
        "rank": "officer",
        "unit": "示例县住房和城乡建设局",
    },
    {"id": "hsup", "name": "示例戊", "post": "市纪委信访室", "rank": "superior", "unit": None},
    {"id": "hsp2", "name": "示例己", "post": "市纪委监督检查室", "rank": "superior", "unit": None},
    {"id": "hold", "name": "示例庚", "post": "退休", "rank": "officer", "unit": None, "until": "2026-06-30"},
]

CASES: list[dict[str, Any]] = [
    {"about": "nobody is concerned", "unit": "示例县教育局"},
    {"about": "a radical in the place of a character", "unit": "⻬县教育局", "persons": [{"name": "⺬例乙"}]},
    {"about": "a radical in the text", "unit": "示例县教育局", "text": "是⺬例乙批的。"},
    {
        "about": "a name with variation selectors",
        "unit": "示例县教育局",
        "persons": [{"name": "示\U000e0100例\ufe00乙"}],
    },
    {
        "about": "a name with fillers",
        "unit": "示例县教育局",
        "persons": [{"name": "示\u3164例\u2800\u202e乙"}],
    },
    {"about": "a room of the commission", "unit": "中共金湖县纪委监委信访室"},
    {
        "about": "the head's post in the committee",
        "unit": "示例县教育局",
        "persons": [{"name": "方示九", "unit": "中共示例县委常委会", "post": "县委常委、县纪委书记"}],
    },
    {
        "about": "such a post in a town's committee",
        "unit": "示例县教育局",
        "persons": [{"name": "方示九", "unit": "示例镇党委", "post": "镇纪委书记"}],
    },
    {"about": "a person named is a holder", "unit": "示例县教育局", "persons": [{"name": "示例乙"}]},
    {
        "about": "the name in full-width blanks",
        "unit": "示例县教育局",
        "persons": [{"name": " 示\u3000例 乙 "}],
    },
    {"about": "a name without its dot", "unit": "示例县教育局", "persons": [{"name": "阿示例买示例"}]},
    {"about": "a name with another dot", "unit": "示例县教育局", "persons": [{"name": "阿示例•买示例"}]},
    {"about": "a name with a full stop", "unit": "示例县教育局", "persons": [{"name": "阿示例．买示例"}]},
    {
        "about": "a name with an invisible character",
        "unit": "示例县教育局",
        "persons": [{"name": "示\u200b例乙"}],
    },
    {"about": "a longer name is another person", "unit": "示例县教育局", "persons": [{"name": "示例乙乙"}]},
    {"about": "a person without a name", "unit": "示例县教育局", "persons": [{"name": "", "post": "局长"}]},
    {"about": "the unit to which a holder is posted", "unit": "示例县住房和城乡建设局"},
    {"about": "that unit written with blanks", "unit": " 示例县 住房和城乡建设局"},
    {
        "about": "that unit as the unit of a person named",
        "unit": "示例县教育局",
        "persons": [{"name": "示例壬", "unit": "示例县住房和城乡建设局"}],
    },
    {"about": "a part of that unit's name is another unit", "unit": "示例县住房和城乡建设局质监站"},
    {"about": "ticked", "unit": "示例县教育局", "ticked": ["h001", "h003"]},
    {"about": "ticked: nobody of that id", "unit": "示例县教育局", "ticked": ["nobody"]},
    {"about": "the name in the text", "unit": "示例县教育局", "text": "会后示例乙打来电话，让我不要说。"},
    {"about": "the name broken by a line", "unit": "示例县教育局", "text": "会后示例\n乙打来电话"},
    {
        "about": "the name in the text, not concerned",
        "unit": "示例县教育局",
        "text": "我先找过示例乙，他让我写材料。",
        "cleared": ["h001"],
    },
    {
        "about": "cleared in the text, but named as a person",
        "unit": "示例县教育局",
        "persons": [{"name": "示例乙"}],
        "text": "示例乙",
        "cleared": ["h001"],
    },
    {"about": "the head named", "unit": "示例县教育局", "persons": [{"name": "示例甲", "post": "书记"}]},
    {"about": "the head in the text", "unit": "示例县教育局", "text": "示例甲知道这件事。"},
    {
        "about": "the head in the text, not concerned",
        "unit": "示例县教育局",
        "text": "示例甲知道这件事。",
        "cleared": ["hhead"],
    },
    {"about": "the head ticked", "unit": "示例县教育局", "ticked": ["hhead"]},
    {
        "about": "the head's post without a unit",
        "unit": "示例县教育局",
        "persons": [{"name": "", "post": "县委常委、纪委书记"}],
    },
    {
        "about": "the head's post in the commission",
        "unit": "示例县教育局",
        "persons": [{"name": "示例癸", "unit": "金湖县监察委员会", "post": "监委主任"}],
    },
    {
        "about": "such a post in another body is not the head",
        "unit": "示例镇人民政府",
        "persons": [{"name": "示例癸", "unit": "示例镇人民政府", "post": "镇纪委书记"}],
    },
    {
        "about": "a deputy is not the head",
        "unit": "示例县教育局",
        "persons": [{"name": "示例癸", "post": "纪委副书记"}],
    },
    {"about": "the commission itself", "unit": "金湖县纪委监委"},
    {"about": "the commission by its other name", "unit": "金湖县纪律检查 委员会"},
    {
        "about": "somebody of the commission",
        "unit": "示例县教育局",
        "persons": [{"name": "示例癸", "unit": "金湖县监察委员会"}],
    },
    {
        "about": "everybody of the county concerned",
        "unit": "示例县教育局",
        "persons": [{"name": "示例乙"}, {"name": "阿示例·买示例"}, {"name": "示例丁"}],
        "ticked": ["hhead"],
    },
    {
        "about": "the head and one superior",
        "unit": "示例县教育局",
        "persons": [{"name": "示例甲"}, {"name": "示例戊"}],
    },
    {
        "about": "the head and all superiors",
        "unit": "示例县教育局",
        "persons": [{"name": "示例甲"}, {"name": "示例戊"}, {"name": "示例己"}],
    },
    {
        "about": "a superior named leaves the own route",
        "unit": "示例县教育局",
        "persons": [{"name": "示例戊"}],
    },
    {"about": "the holder whose key ended, in force then", "unit": "示例县教育局", "day": "2026-06-30"},
    {"about": "all keys ended", "unit": "示例县教育局", "day": "2027-11-23"},
    {
        "about": "the head named, no superior",
        "list": "no superior",
        "unit": "示例县教育局",
        "persons": [{"name": "示例甲"}],
    },
    {"about": "no superior is needed", "list": "no superior", "unit": "示例县教育局"},
    {
        "about": "too few without the head: no superior",
        "list": "no superior",
        "unit": "示例县住房和城乡建设局",
        "persons": [{"name": "示例乙"}, {"name": "示例甲"}, {"name": "阿示例买示例"}],
    },
    {"about": "two turn their keys", "list": "two", "unit": "示例县教育局"},
    {
        "about": "only two are left for two",
        "list": "two",
        "unit": "示例县住房和城乡建设局",
        "persons": [{"name": "示例乙"}],
    },
    {
        "about": "fewer than two are left",
        "list": "two",
        "unit": "示例县住房和城乡建设局",
        "persons": [{"name": "示例乙"}, {"name": "阿示例买示例"}],
    },
    {"about": "the head concerned, two turn", "list": "two", "unit": "示例县教育局", "ticked": ["hhead"]},
]
