"""Commands answer at once: what is slow to load is loaded only by those who need it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import portal.cli
from portal.cli import TABLE, main
from portal.config import Settings
from portal.store.migrate import MIGRATIONS, newest

HEAVY = {
    "alembic", "docx", "flask", "flask_frozen", "holidays", "jinja2", "obstore", "olefile", "opencc", "pydantic",
    "pydantic_settings", "pypdf", "pypinyin", "python_calamine", "rjieba", "sqlalchemy", "waitress", "whoosh",
    "xlsxwriter",
}  # fmt: skip


def loaded(program: str, *words: str) -> set[str]:
    """Run a program in a process of its own and return the modules that it had loaded at its end."""
    code = f"import atexit, json, sys\natexit.register(lambda: print(json.dumps(list(sys.modules)), file=sys.stderr))\n{program}"
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, timeout=300
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_the_command_and_its_help_load_nothing_slow() -> None:
    modules = loaded("import sys; sys.argv[0] = 'portal'; from portal.cli import main; main()", "--help")

    assert modules & HEAVY == set()
    assert {one for one in modules if one.startswith("portal")} == {"portal", "portal.cli"}


def test_carrying_the_site_away_needs_no_database_and_no_web_framework() -> None:
    modules = loaded("import portal.cli.deploying, portal.cli.verify")

    assert modules & HEAVY <= {"pydantic", "pydantic_settings"}


def test_syncing_loads_no_reader_of_files_no_server_and_no_sample_data() -> None:
    modules = loaded("import portal.cli.instance")

    assert modules & HEAVY <= {
        "flask", "flask_frozen", "jinja2", "opencc", "pydantic", "pydantic_settings", "rjieba", "sqlalchemy", "whoosh",
    }  # fmt: skip
    assert not {one for one in modules if one.startswith(("portal.demo", "portal.exchange.regulations"))}


@pytest.mark.sqlite
def test_alembic_is_loaded_only_to_migrate(home: Path) -> None:
    program = "from portal.cli import main; main(['init'], standalone_mode=False)"

    assert "alembic" in loaded(program)
    assert (home / "portal.db").is_file()
    assert "alembic" not in loaded(program)


def test_the_newest_migration_is_the_one_that_alembic_would_end_at() -> None:
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("path_separator", "os")

    assert newest() == ScriptDirectory.from_config(settings).get_current_head()


@pytest.mark.parametrize("name", TABLE)
def test_the_table_of_commands_says_what_the_modules_say(name: str) -> None:
    module, told = TABLE[name]
    (command,) = (one for one in import_module(f"portal.cli.{module}").COMMANDS if one.name == name)

    assert click.Command(name, help=told).get_short_help_str(500) == command.get_short_help_str(500)
    assert main.get_command(click.Context(main), name) is not None


def test_no_command_is_missing_from_the_table() -> None:
    modules = [
        file.stem for file in Path(portal.cli.__file__).parent.glob("*.py") if not file.stem.startswith("_")
    ]
    known = {
        command.name: module
        for module in modules
        for command in getattr(import_module(f"portal.cli.{module}"), "COMMANDS", ())
    }

    assert known == {name: module for name, (module, _) in TABLE.items()}


def test_a_misspelt_command_is_told_its_neighbours() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "portal", "snyc"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "没有这个子命令（snyc），是不是要写 sync" in done.stderr


def test_nothing_that_an_instance_writes_into_the_checkout_is_offered_to_git() -> None:
    """`make run` keeps its instance in the checkout; its key above all must never be committed."""
    checkout = Path(__file__).resolve().parents[1]
    settings = Settings(home=checkout)
    written = [
        settings.database,
        settings.secret_file,
        settings.attachments_folder / "ab" / "x",
        settings.lock_file,
        settings.imports_folder / "x.xlsx",
        settings.site_folder / "current",
        settings.index_folder / "x.seg",
    ]
    if not (checkout / ".git").exists():
        pytest.skip("no git checkout here")
    for one in written:
        asked = subprocess.run(["git", "check-ignore", "-q", str(one)], cwd=checkout, check=False)
        assert asked.returncode == 0, one
