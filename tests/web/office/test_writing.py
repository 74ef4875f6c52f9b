"""The form of a disclosure over HTTP: begun, saved, mended, merged, submitted; nothing typed is lost."""

from __future__ import annotations

from tests.web.office.world import World


def begun(world: World, client, kind: str = "finance", **more: str) -> str:
    answer = world.post(client, f"/drafts/new/{kind}", {"how": "blank", "period": "2026Q3", **more})
    assert answer.status_code == 303, answer.text
    return answer.location


def test_a_blank_form_is_begun_and_shown(world: World) -> None:
    editor = world.client("editor")
    shown = editor.get(begun(world, editor))

    assert shown.status_code == 200
    assert 'name="expense_total"' in shown.text
