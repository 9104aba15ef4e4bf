"""`parlour account …` and `parlour kick`: accounts, beside a running engine or without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
from rich.console import Console
from rich.table import Table

from parlour.events.account import HOUSE_UID, Currency, TokenKind, account_id
from parlour.events.errors import EngineError
from parlour.events.kinds import KINDS
from parlour.events.reader import LogReader
from parlour.events.rules.account import Account
from parlour.events.rules.profile import check_seconds
from parlour.events.times import iso
from parlour.network import account_requests as ask
from parlour.network import avatars, configfile, offline, passwords
from parlour.network.options import config_option, data_option, json_option
from parlour.network.output import print_json, wants_json

_config_option = config_option("Settings (TOML), for when no engine runs on the folder.")
_uid_option = click.option("--uid", type=int, required=True, help="Whose account.")


@click.group()
def account() -> None:
    """Make, change and list accounts.

    Beside a running engine the change is made by that engine, and takes effect at once.
    """


def _serve(data: Path, request: ask.AnyRequest, config_file: Path | None) -> dict[str, Any]:
    return offline.serve(data, request, configfile.load(config_file))


def _tell(answer: dict[str, Any], *, as_json: bool, line: str) -> None:
    if wants_json(asked=as_json):
        print_json(answer)
    else:
        click.echo(line)


@account.command()
@click.option("--name", required=True, help="Unique, 1 to 64 characters.")
@click.option("--uid", type=int, help="Default: the next free one.")
@click.option("--email", default="", help="Unique too, when there is one.")
@click.option("--password", help="Kept as an argon2 hash.")
@click.option("--money", type=int, help="Default: accounts.default_purse (10000).")
@click.option("--operator", is_flag=True, help="May do what only operators may.")
@data_option
@_config_option
@json_option
def add(
    name: str,
    uid: int | None,
    email: str,
    password: str | None,
    money: int | None,
    operator: bool,
    data: Path,
    config_file: Path | None,
    as_json: bool,
) -> None:
    """Make an account; prints its uid and name."""
    request = ask.AddAccount(
        name=name,
        uid=uid,
        email=email,
        password_hash="" if password is None else passwords.hash_password(password),
        money=money,
        operator=operator,
    )
    answer = _serve(data, request, config_file)
    _tell(answer, as_json=as_json, line=f"account {answer['uid']}: {answer['name']}")


@account.command(name="set")
@_uid_option
@click.option("--name", help="A new unique name.")
@click.option("--email", help='A new unique email; "" removes it.')
@click.option("--password", help="A new password.")
@click.option("--sex", type=click.IntRange(0, 2), help="0 unknown, 1 male, 2 female.")
@click.option("--birthday", help='YYYY/MM/DD; "" removes it.')
@click.option("--zone", help="Free text, at most 64 characters, shown at tables.")
@click.option("--motto", help="Free text, at most 256 characters.")
@click.option(
    "--avatar",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="PNG or JPEG, at most 64 KiB.",
)
@click.option("--operator/--no-operator", default=None, help="Give or take the operator role.")
@click.option("--grant", type=int, help="Add this much (may be negative) from the house.")
@click.option(
    "--currency",
    type=click.Choice(get_args(Currency)),
    default="money",
    show_default=True,
    help="What --grant grants.",
)
@data_option
@_config_option
@json_option
def set_(
    uid: int,
    password: str | None,
    avatar: Path | None,
    data: Path,
    config_file: Path | None,
    as_json: bool,
    **changes: Any,
) -> None:
    """Change an account, all that is named or nothing; what is not named stays."""
    changes["avatar"] = None if avatar is None else avatars.data_uri(avatar)
    changes["password_hash"] = None if password is None else passwords.hash_password(password)
    if all(value is None for name, value in changes.items() if name != "currency"):
        raise EngineError("nothing to change: name at least one option, such as --motto TEXT")
    answer = _serve(data, ask.SetAccount(uid=uid, **changes), config_file)
    _tell(answer, as_json=as_json, line=f"account {uid} changed")


@account.command()
@_uid_option
@click.option("--kind", type=click.Choice(get_args(TokenKind)), required=True, help="What for.")
@click.option("--sid", type=int, default=0, help="Session it is bound to (beehive).")
@click.option(
    "--seconds", type=float, help="How long it is good, less than ten years; default: by kind."
)
@data_option
@_config_option
@json_option
def token(
    uid: int,
    kind: Any,
    sid: int,
    seconds: float | None,
    data: Path,
    config_file: Path | None,
    as_json: bool,
) -> None:
    """Give out a token; it is shown this once, the log holds only its hash."""
    if seconds is not None:
        check_seconds(seconds)  # JSON has no word for some numbers
    request = ask.GiveToken(uid=uid, kind=kind, sid=sid, seconds=seconds)
    answer = _serve(data, request, config_file)
    _tell(answer, as_json=as_json, line=f"{answer['token']}\nexpires {answer['expires']}")


@account.command()
@_uid_option
@click.option("--reason", default="", help="Recorded, and told to the user.")
@data_option
@_config_option
@json_option
def disable(uid: int, reason: str, data: Path, config_file: Path | None, as_json: bool) -> None:
    """Lock an account: its connections close and its tokens die."""
    answer = _serve(data, ask.DisableAccount(uid=uid, reason=reason), config_file)
    _tell(answer, as_json=as_json, line=f"account {uid} is disabled")


@account.command()
@_uid_option
@data_option
@_config_option
@json_option
def enable(uid: int, data: Path, config_file: Path | None, as_json: bool) -> None:
    """Let a disabled account in again."""
    answer = _serve(data, ask.EnableAccount(uid=uid), config_file)
    _tell(answer, as_json=as_json, line=f"account {uid} is enabled")


@account.command(name="list")
@data_option
@json_option
def list_(data: Path, as_json: bool) -> None:
    """List all accounts, by uid; reads the log, also while an engine runs."""
    accounts = sorted(_accounts(data), key=lambda found: found.uid)
    if as_json:
        print_json({"accounts": [_shown(found) for found in accounts]})
        return
    table = Table("uid", "name", "money", "coin", "level", "games", "won", "made", "")
    for found in accounts:
        table.add_row(
            str(found.uid),
            found.name,
            f"{found.money:,}",
            f"{found.coin:,}",
            str(found.level),
            str(found.total_board),
            str(found.total_win),
            iso(found.created)[:10],
            "disabled" if found.disabled else "operator" if found.operator else "",
        )
    Console().print(table if accounts else "no accounts yet: parlour account add --name …")


def _accounts(data: Path) -> Iterator[Account]:
    kind = KINDS["account"]
    with LogReader(data) as log:
        for aggregate_id in log.aggregate_ids("account"):
            if aggregate_id == account_id(HOUSE_UID):  # its ledger is as long as the log
                continue
            found: Account = kind.initial(aggregate_id)
            for recorded in log.aggregate(aggregate_id):
                found = kind.evolve(found, recorded.event)
            if found.registered:
                yield found


def _shown(found: Account) -> dict[str, Any]:
    names = ("uid", "name", "email", "money", "coin", "level", "exp", "total_board", "total_win")
    flags = ("sex", "birthday", "zone", "motto", "operator", "disabled", "seat")
    shown = {name: getattr(found, name) for name in (*names, *flags)}
    return {**shown, "created": iso(found.created)}


@click.command()
@_uid_option
@click.option("--reason", default="kicked by an operator", help="Told to the user.")
@data_option
@json_option
def kick(uid: int, reason: str, data: Path, as_json: bool) -> None:
    """Close the connections of a user; the engine must run."""
    answer = _serve(data, ask.KickUser(uid=uid, reason=reason), None)
    _tell(answer, as_json=as_json, line=f"user {uid} was kicked")
