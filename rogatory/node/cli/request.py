"""`rogatory-node request`: requests for cooperation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from rogatory.node.cli.attachments import AttachOption, give_files
from rogatory.node.cli.client import Client
from rogatory.node.cli.due import show_due
from rogatory.node.cli.files import read_mapping
from rogatory.node.cli.options import HERE, FolderOption, JsonOption
from rogatory.node.cli.show import show_json, show_line, show_table
from rogatory.node.cli.views import show_letter, show_matter, show_matters, show_sent
from rogatory.node.errors import Conflict, RefusedInput
from rogatory.protocol.text import in_words, message

app = typer.Typer(help="Requests under UNTOC: send, follow, answer.", no_args_is_help=True)


FormArgument = Annotated[str, typer.Argument(help="A form, as extradition; see: rogatory-node request forms.")]


@app.command("forms")
def forms(as_json: JsonOption = False) -> None:
    """The forms of requests, with their articles of UNTOC."""
    from rogatory.protocol.documents import FORMS

    rows = [{"form": name, "article": form.ARTICLE, "title": form.TITLE} for name, form in FORMS.items()]
    if as_json:
        show_json(rows)
    else:
        show_table(
            (message("form"), message("article"), message("title")),
            [tuple(row.values()) for row in rows],
            message("no forms"),
        )


@app.command("template")
def template(form: FormArgument = "mutual_legal_assistance") -> None:
    """Print a request to fill in, as JSON, with a hint in each field that must stand."""
    from rogatory.protocol.documents import template_of

    show_json(template_of(_known(form)))


@app.command("schema")
def schema(form: FormArgument = "mutual_legal_assistance") -> None:
    """Print a form's JSON Schema."""
    from rogatory.protocol.documents import FORMS, schema_of

    show_json(schema_of(FORMS[_known(form)]))


@app.command("write")
def write(
    form: FormArgument = "mutual_legal_assistance",
    out: Annotated[Path, typer.Option(help="File to write the request to.")] = Path("request.json"),
) -> None:
    """Fill in a request, question by question, and write it to a file."""
    from rogatory.node.cli.request_entry import enter_request

    known = _known(form)
    if out.exists():
        raise Conflict(message("{file} is there already", file=out), message("name another file with --out"))
    values: dict[str, Any] = {}
    try:
        enter_request(known, values)
    except typer.Abort:
        _keep(out, values)
        show_line(message("\nstopped: what was entered is in {file}; complete it in an editor", file=out))
        raise typer.Exit(130) from None
    _keep(out, values)
    show_line(
        message(
            "written to {file}: look it over with: rogatory-node request check --to AUTHORITY --file {file}", file=out
        )
    )


def _keep(out: Path, values: dict[str, Any]) -> None:
    out.write_bytes(msgspec.json.format(msgspec.json.encode(values), indent=2) + b"\n")


@app.command("follow-up")
def follow_up(
    matter: str,
    form: Annotated[str | None, typer.Option(help="Of the new request; stored_data after a preservation.")] = None,
    relation: Annotated[
        str | None, typer.Option(help="preservation, supplement, transfer, or other with words.")
    ] = None,
    words: Annotated[str | None, typer.Option(help="The relation in words.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write the request to; else it is printed.")] = None,
    folder: FolderOption = HERE,
) -> None:
    """Prepare a request that follows up a matter's request: its reference, digest and limits filled in."""
    if out is not None and out.exists():
        raise Conflict(message("{out} is there already", out=out), message("name another file with --out"))
    if form is not None:
        _known(form)
    client = Client(folder)
    found = client.get("requests", matter, "follow-up", form=form, relation=relation, words=words)
    if out is None:
        show_json(found["request"])
        return
    out.write_bytes(msgspec.json.format(msgspec.json.encode(found["request"]), indent=2) + b"\n")
    to = " ".join(f"--to {authority}" for authority in found["to"])
    show_line(
        message("written to {out}: fill it in, then: rogatory-node request send {to} --file {out}", out=out, to=to)
    )


@app.command("letter")
def letter(matter: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """Print a matter's request for the competent authority that executes it, with every limit of its use."""
    found = Client(folder).get("requests", matter, "letter")
    if as_json:
        show_json(found)
    else:
        show_letter(found)


@app.command("check")
def check(
    to: Annotated[list[str], typer.Option(help="Authority to ask, as tz.central; repeatable.")],
    file: Annotated[Path, typer.Option(help="The request: JSON, TOML, or - for JSON on standard input.")],
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """What is missing, what the addressees' directory entries say, and the letter; nothing is sent."""
    found = Client(folder).post("requests", "check", body={"to": to, "request": read_mapping(file)})
    if as_json:
        show_json(found)
        return
    show_line(found["letter"])
    for gap in found["gaps"]:
        show_line(message("missing: {what} ({article})", what=gap["what"], article=gap["article"]))
    for left in found["untouched"]:
        show_line(
            message(
                "still the template's hint: {what}, field {field}", what=in_words(left["what"]), field=left["field"]
            )
        )
    for remark in found["remarks"]:
        about = {name: remark[name] for name in ("authority", "text", "article")}
        if remark["blocks"]:
            show_line(message("objection: {authority}: {text} ({article})", **about))
        else:
            show_line(message("note: {authority}: {text} ({article})", **about))
    if not found["gaps"] and not found["untouched"] and not any(remark["blocks"] for remark in found["remarks"]):
        show_line(
            message(
                "nothing essential is missing; to send it: rogatory-node request send {to} --file {file}",
                to=" ".join(f"--to {authority}" for authority in to),
                file=file,
            )
        )


@app.command("send")
def send(
    to: Annotated[list[str], typer.Option(help="Authority to ask, as tz.central; repeatable.")],
    file: Annotated[Path, typer.Option(help="The request: JSON, TOML, or - for JSON on standard input.")],
    subject: Annotated[str, typer.Option(help="Subject of the matter; that of the request if not given.")] = "",
    insist: Annotated[bool, typer.Option("--insist", help="Although an addressee's directory entry objects.")] = False,
    attach: AttachOption = [],  # noqa: B006
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Sign a request and send it, once its files are at the relay."""
    client = Client(folder)
    body = {"to": to, "request": read_mapping(file), "subject": subject, "insist": insist}
    show_sent(client.post("requests", body=body | {"attachments": give_files(client, attach)}), as_json)


@app.command("list")
def list_requests(folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """All requests, sent and received."""
    matters = Client(folder).get("requests")
    if as_json:
        show_json(matters)
    else:
        show_matters(matters)


@app.command("show")
def show(matter: str, folder: FolderOption = HERE, as_json: JsonOption = False) -> None:
    """A request with everything that was said about it, and the evidences."""
    show_one(Client(folder), matter, as_json)


@app.command("reply")
def reply(
    matter: str,
    outcome: Annotated[
        str | None, typer.Option(help="As accepted, executed, refused; request show names those that go from here.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="What is answered; a refusal needs its reasons (18(23)).")] = None,
    contemplates: Annotated[
        str | None, typer.Option(help="Of a consultation: refusal, postponement, conditions or costs (18(26)).")
    ] = None,
    until: Annotated[str | None, typer.Option(help="A date: of a postponement, or of a preservation's end.")] = None,
    forwarded_to: Annotated[str | None, typer.Option(help="The competent authority (18(13)).")] = None,
    handling: Annotated[list[str], typer.Option(help="Handling code of what is sent, H0 to H3; repeatable.")] = [],  # noqa: B006
    use_limits: Annotated[str | None, typer.Option(help="How what is sent may be used (18(19)).")] = None,
    ground: Annotated[list[str], typer.Option(help="Ground of refusal, as 18(21)(b); repeatable.")] = [],  # noqa: B006
    reference: Annotated[str | None, typer.Option(help="Your own file number.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of the text, as en.")] = None,
    file: Annotated[Path | None, typer.Option(help="The reply as JSON or TOML; options go before it.")] = None,
    attach: AttachOption = [],  # noqa: B006
    folder: FolderOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Answer a request."""
    client = Client(folder)
    given = {
        "outcome": outcome,
        "text": text,
        "grounds": ground or None,
        "contemplates": contemplates,
        "until": until,
        "forwarded_to": forwarded_to,
        "reference": reference,
        "language": language,
        "use_limits": {"handling": handling, "text": use_limits or ""} if handling or use_limits else None,
    }
    body: dict[str, Any] = read_mapping(file) if file else {}
    body |= {name: value for name, value in given.items() if value is not None}
    body["attachments"] = give_files(client, attach)
    show_sent(client.post("requests", matter, "replies", body=body), as_json)


def show_one(client: Client, matter: str, as_json: bool) -> None:
    """A matter with its documents in full."""
    found = client.get("matters", matter)
    documents = client.get("matters", found["matter"], "documents")
    due = client.get("due", matter=found["matter"], ended="yes")
    if as_json:
        show_json({**found, "documents": documents, "due": due})
        return
    show_matter(found, documents)
    if due:
        show_line("")
        show_due(due)


def _known(form: str) -> str:
    from rogatory.protocol.documents import FORMS

    if form not in FORMS:
        raise RefusedInput(
            message("{form} is no form of request", form=form), message("choose one of: rogatory-node request forms")
        )
    return form
