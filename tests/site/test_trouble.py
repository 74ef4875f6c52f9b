"""Trouble with the disk, with what lies on it and with processes: the last site stays, the next build recovers."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.site import parts, trees
from portal.site.build import build_site
from portal.site.forks import ForkFailed
from portal.site.served import is_current
from portal.site.trees import BUILDS, CURRENT, STATE, TREES, Store
from portal.store.tables import Jurisdiction
from tests.site.disks import small_disk
from tests.site.troubled import LATER, World


@pytest.fixture
def world(session: Session, county: Jurisdiction, tmp_path: Path) -> World:
    made = World(session, county, tmp_path / "site")
    for place in range(4):
        made.publish(unit=f"u{place}")
    return made


# The disk


@pytest.mark.parametrize(("jobs", "leave"), [(1, 0), (2, 64), (1, 300), (2, 600)])
def test_a_full_disk_leaves_the_site_as_it_was_and_nothing_behind(
    world: World, tmp_path: Path, jobs: int, leave: int
) -> None:
    """It fills up at the first folder, in a unit, or in what stands around the units."""
    with small_disk(world.folder, megabytes=24) as disk:
        site = world.site(jobs=jobs)
        world.build(site=site)
        before = world.shown()
        kept = sorted(one.name for one in (world.folder / TREES).iterdir())
        world.publish()
        disk.fill(leave=leave)
        with pytest.raises(OSError, match="space") as refused:
            build_site(site, now=LATER, full=True)
        assert refused.value.errno == errno.ENOSPC
        assert world.shown() == before
        assert sorted(one.name for one in (world.folder / TREES).iterdir()) == kept
        world.assert_whole()
        disk.free()
        assert not is_current(site, now=LATER)
        assert world.build(site=site) == world.clean(tmp_path / "clean")


def test_a_folder_that_became_read_only_keeps_serving(world: World, tmp_path: Path) -> None:
    with small_disk(world.folder, megabytes=24) as disk:
        world.build()
        before = world.shown()
        world.publish()
        disk.read_only(on=True)
        with pytest.raises(OSError, match="ead-only"):
            build_site(world.site(), now=LATER)
        assert world.shown() == before
        disk.read_only(on=False)
        assert world.build() == world.clean(tmp_path / "clean")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_disk_that_refuses_in_the_middle_of_a_unit_is_no_fault_of_the_unit(
    world: World, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    """Else the unit would stay as it was and count as done."""
    world.build()
    before = world.shown()
    world.publish(unit="u2")
    real = trees.Tree.write

    def write(self: trees.Tree, path: str, content: bytes, **more: Any) -> None:
        if self.id.startswith("xiuzhou.u.u2"):
            raise OSError(errno.EIO, "Input/output error", path)
        real(self, path, content, **more)

    monkeypatch.setattr(trees.Tree, "write", write)
    with pytest.raises(OSError, match="Input/output"):
        build_site(world.site(jobs=jobs), now=LATER, full=True)
    assert world.shown() == before
    monkeypatch.undo()
    assert "xiuzhou/u/u2/regulations/2026-0002.html" in world.build()


@pytest.mark.parametrize("number", [errno.EPERM, errno.EMLINK])
def test_a_file_system_without_hard_links_will_do(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    refused: list[int] = []

    def link(*_: Any) -> None:
        refused.append(number)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("portal.site.trees.os.link", link)
    world.build()
    world.publish()
    assert world.build() == world.clean(tmp_path / "clean")
    assert refused


# What lies on it


def spoil_all(text: bytes) -> Callable[[Path], None]:
    def spoil(state: Path) -> None:
        for file in state.iterdir():
            file.write_bytes(text)

    return spoil


def tear(state: Path) -> None:
    for file in state.iterdir():
        file.write_bytes(file.read_bytes()[:-20])


def exchange(state: Path) -> None:
    files = sorted(state.iterdir())
    contents = [file.read_bytes() for file in files]
    for file, content in zip(files, contents[1:] + contents[:1], strict=True):
        file.write_bytes(content)


def half_gone(state: Path) -> None:
    for file in sorted(state.iterdir())[::2]:
        file.unlink()


SPOILED: dict[str, Callable[[Path], None]] = {
    "empty": spoil_all(b""),
    "garbage": spoil_all(b"\x80\x05garbage"),
    "a number": spoil_all(b"\x80\x05K\x05."),
    "a name that is gone": spoil_all(b"cportal.site.build\nNoSuchState\n."),
    "torn": tear,
    "exchanged": exchange,
    "half gone": half_gone,
    "gone": lambda state: shutil.rmtree(state),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_spoiled_memory_of_the_last_build_only_costs_time(world: World, tmp_path: Path, how: str) -> None:
    world.build()
    SPOILED[how](world.folder / STATE)
    world.publish()
    assert not is_current(world.site(), now=LATER)
    assert world.build() == world.clean(tmp_path / "clean")


def test_states_of_another_shape_are_those_of_another_program(world: World, tmp_path: Path) -> None:
    """An update of the program may give a state more fields than were written down."""
    site = world.site()
    world.build(site=site)
    store = Store(world.folder)
    name = (world.folder / CURRENT).resolve().name
    state = store.kept(name)
    del state.__dict__["boot"]
    store.keep(name, state)
    assert store.kept(name) is None
    world.publish()
    assert world.build() == world.clean(tmp_path / "clean")


@pytest.mark.parametrize(
    "key", ["xiuzhou@", "xiuzhou.u.u1@", "xiuzhou.u.u1.regulations@", "static@", "xiuzhou"]
)
def test_a_tree_that_somebody_deleted_is_noticed_and_made_again(
    world: World, tmp_path: Path, key: str
) -> None:
    world.build()
    for one in (world.folder / TREES).glob(f"{key}*"):
        shutil.rmtree(one)
    assert not is_current(world.site(), now=LATER)
    assert world.build() == world.clean(tmp_path / "clean")
    assert is_current(world.site(), now=LATER)


def test_a_file_that_somebody_deleted_is_not_needed_to_make_the_others(world: World, tmp_path: Path) -> None:
    world.build()
    for one in (world.folder / CURRENT / "xiuzhou/u/u0/regulations").glob("2026-0001*"):
        one.unlink()
    (world.folder / CURRENT / "xiuzhou/units.html").unlink()
    (world.folder / CURRENT / "about.html").unlink()
    world.publish(unit="u0")
    assert world.build() == world.clean(tmp_path / "clean")
    (world.folder / CURRENT / "xiuzhou/u/u1/index.html").unlink()
    assert world.build(full=True) == world.clean(tmp_path / "clean")


def test_a_store_that_was_copied_without_its_links_works_on(world: World, tmp_path: Path) -> None:
    """As scp -r and cp -rL do: `current` and all that is mounted are folders then."""
    world.build()
    copied = tmp_path / "copied"
    shutil.copytree(world.folder, copied)
    shutil.rmtree(world.folder)
    copied.rename(world.folder)
    assert not (world.folder / CURRENT).is_symlink()
    world.publish()
    assert world.build() == world.clean(tmp_path / "clean")
    assert (world.folder / CURRENT).is_symlink()
    assert not list(world.folder.glob(".current*"))


def test_strange_things_in_the_store_do_not_stop_a_build_and_lead_it_nowhere(
    world: World, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    (outside / "trees").mkdir(parents=True)
    (outside / "precious.txt").write_text("x", encoding="utf-8")
    world.build()
    (world.folder / BUILDS / "Thumbs.db").write_bytes(b"x")
    (world.folder / BUILDS / "zzz-old").mkdir()
    (world.folder / TREES / "Thumbs.db").write_bytes(b"x")
    (world.folder / TREES / "planted").symlink_to(outside, target_is_directory=True)
    (world.folder / STATE / "folder").mkdir()
    (world.folder / CURRENT / "root").symlink_to("/", target_is_directory=True)
    (world.folder / CURRENT / "circle").symlink_to(".", target_is_directory=True)
    world.publish()
    assert world.build() == world.clean(tmp_path / "clean")
    assert (outside / "precious.txt").is_file()
    assert not (world.folder / TREES / "planted").is_symlink()


def test_what_a_killed_build_left_goes_before_the_next_one_and_its_name_is_not_used_again(
    world: World,
) -> None:
    """On a full disk it would stay full; and a process of the killed build may still be writing."""
    world.build()
    store = Store(world.folder)
    name = store.free_name(LATER)
    store.begin(name)
    store.start("xiuzhou.u.u9", name).write("index.html", b"x" * 100)
    assert store.free_name(LATER) > name
    with pytest.raises(KeyboardInterrupt):
        build_site(world.site(), now=LATER, full=True, progress=interrupt)
    assert not [one for one in (world.folder / TREES).iterdir() if one.name.endswith(f"@{name}")]
    world.assert_whole()


def interrupt(_: int) -> None:
    raise KeyboardInterrupt


# Processes


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_build_leaves_nothing_behind(world: World, jobs: int) -> None:
    world.build()
    before, kept = world.shown(), sorted((world.folder / TREES).iterdir())
    world.publish()
    with pytest.raises(KeyboardInterrupt):
        build_site(world.site(jobs=jobs), now=LATER, full=True, progress=interrupt)
    assert world.shown() == before
    assert sorted((world.folder / TREES).iterdir()) == kept
    world.assert_whole()


def test_a_process_that_the_system_killed_is_told_and_the_others_do_not_wait_for_it(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.build()
    before = world.shown()
    world.publish()
    own, real = os.getpid(), parts.build_unit

    def build_unit(*given: Any) -> Any:
        if os.getpid() != own and given[3].slug == "u2":
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given)

    monkeypatch.setattr("portal.site.build.build_unit", build_unit)
    with pytest.raises(ForkFailed, match="请用 --jobs 1 重试"):
        build_site(world.site(jobs=3), now=LATER, full=True)
    assert world.shown() == before
    world.assert_whole()
    assert world.build(site=world.site(jobs=1)) == world.clean(tmp_path / "clean")


def test_when_no_process_can_be_started_that_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    with pytest.raises(ForkFailed, match="无法启动"):
        build_site(world.site(jobs=2), now=LATER)
