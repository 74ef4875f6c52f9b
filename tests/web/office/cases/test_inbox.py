"""The inbox and one report, as the office's script gets them."""

from __future__ import annotations

import base64

from portal.services.reports import sealing
from tests.web.office.cases.bureau import TEXT, Bureau


def test_a_report_is_listed_opened_and_written_down(bureau: Bureau) -> None:
    number = bureau.file()
    listed = bureau.get("示例乙", "").text
    assert number in listed
    assert "自收到之日起 15个工作日内告知" in listed  # As the regime has it that day.
    found = bureau.get("示例乙", number).json
    case = sealing.open_grants(base64.b64decode(found["grants"]), bureau.secrets["示例乙"])
    assert case is not None
    assert sealing.open_body(base64.b64decode(found["body"]), case).content.what == TEXT
    assert found["state"] == "received"
    assert set(found["next"]) == {"accepted", "not_accepted", "transferred", "routed_up", "merged"}
    assert {one["name"] for one in found["colleagues"]} == {"示例甲", "示例乙", "示例丙"}
    assert bureau.steps(number) == ["received", "opened"]
    bureau.get("示例乙", number)
    assert bureau.steps(number) == ["received", "opened"]
    bureau.get("示例丙", number)
    assert bureau.steps(number) == ["received", "opened", "opened"]


def test_the_key_list_comes_byte_for_byte(bureau: Bureau) -> None:
    signed = bureau.lists.current("xiuzhou")
    assert signed is not None
    assert bureau.get("示例乙", "list.json").data == signed.raw


def test_the_browser_gets_what_it_compares_with(bureau: Bureau) -> None:
    """The commitment of the content, and on each page that seals or opens the root key that lists must be signed by."""
    number = bureau.file()
    found = bureau.get("示例乙", number).json
    assert base64.b64decode(found["commitment"]) == bureau.row(number).commitment
    signed = bureau.lists.current("xiuzhou")
    assert signed is not None
    for path in ("", "new"):
        assert f'data-root-key="{signed.root}"' in bureau.get("示例乙", path).text.replace("&#43;", "+")


def test_who_holds_no_key_sees_nothing(bureau: Bureau) -> None:
    number = bureau.file()
    bureau.people["示例丁"] = bureau.world.account("intake_lead", name="示例丁")
    assert number not in bureau.get("示例丁", "").text
    assert bureau.get("示例丁", number).status_code == 404
