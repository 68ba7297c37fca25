"""What Discord refuses in a message or a command, in the form it says so: a tree of `_errors` for code 50035.

Sources: https://docs.discord.com/developers/resources/message#embed-object-embed-limits,
…/components/reference, …/interactions/application-commands#application-command-object-application-command-structure.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
Problem = tuple[str, str, str]
"""(path with dots, code, sentence)"""

# https://docs.discord.com/developers/interactions/application-commands#application-command-object
_NAME = re.compile(r"^[-_'\w]{1,32}$")
_MAX_COMMANDS, _MAX_OPTIONS, _MAX_CHOICES = 100, 25, 25
_DESCRIPTION_CHARACTERS, _CHOICE_CHARACTERS = 100, 100
# https://docs.discord.com/developers/reference#locales
_LOCALES = frozenset(
    [
        "id",
        "da",
        "de",
        "en-GB",
        "en-US",
        "es-ES",
        "es-419",
        "fr",
        "hr",
        "it",
        "lt",
        "hu",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "fi",
        "sv-SE",
        "vi",
        "tr",
        "cs",
        "el",
        "bg",
        "ru",
        "uk",
        "hi",
        "th",
        "zh-CN",
        "ja",
        "zh-TW",
        "ko",
    ]
)
# https://docs.discord.com/developers/resources/message#create-message
MAX_UPLOAD_BYTES = 10 << 20  # https://docs.discord.com/developers/reference#uploading-files
_ALT_CHARACTERS = 1024  # https://docs.discord.com/developers/resources/message#attachment-object
_CONTENT_CHARACTERS, _NONCE_CHARACTERS, _MAX_EMBEDS = 2000, 25, 10
# https://docs.discord.com/developers/resources/message#embed-object-embed-limits
_EMBED_TITLE, _EMBED_DESCRIPTION, _EMBED_FOOTER, _EMBED_TOTAL = 256, 4096, 2048, 6000
_MAX_FIELDS, _FIELD_NAME, _FIELD_VALUE = 25, 256, 1024
# https://docs.discord.com/developers/components/reference#button
_MAX_ROWS, _BUTTONS_PER_ROW, _LABEL_CHARACTERS, _CUSTOM_ID_CHARACTERS = 5, 5, 80, 100


def message_problems(body: Json, *, new: bool) -> list[Problem]:
    """Return everything wrong with the body of a message; `new` ones must say something."""
    problems = [*_content(body), *_embeds(body), *_components(body.get("components") or []), *_nonce(body)]
    problems += _mentions(body.get("allowed_mentions") or {})
    # An edit may leave out every part; a new message must have at least one.
    has_content = any(body.get(part) for part in ("content", "embeds", "components", "sticker_ids", "attachments"))
    if new and not has_content:
        problems.append(("content", "EMPTY", "Cannot send an empty message"))
    return problems


def attachment_problems(body: Json, files: Mapping[str, tuple[str, bytes]]) -> list[Problem]:
    """Return everything wrong with the files of a message, by the names of their parts (`files[0]`)."""
    problems: list[Problem] = []
    for index, attachment in enumerate(body.get("attachments") or []):
        if f"files[{attachment.get('id')}]" not in files:
            problems.append((f"attachments.{index}.id", "ATTACHMENT_NOT_FOUND", "Attachment data not found"))
        problems += _longer(f"attachments.{index}.description", attachment.get("description") or "", _ALT_CHARACTERS)
    names = {filename for filename, _ in files.values()}
    for index, embed in enumerate(body.get("embeds") or []):
        url = (embed.get("image") or {}).get("url", "")
        if url.startswith("attachment://") and url.removeprefix("attachment://") not in names:
            problems.append(
                (f"embeds.{index}.image.url", "URL_TYPE_INVALID_ATTACHMENT", "Referenced attachment missing")
            )
    return problems


def command_problems(commands: list[Json]) -> list[Problem]:
    """Return everything wrong with a list of application commands."""
    problems: list[Problem] = []
    if len(commands) > _MAX_COMMANDS:
        problems.append(("_", "BASE_TYPE_BAD_LENGTH", "Must be 100 or fewer in length."))
    if len({command.get("name") for command in commands}) != len(commands):
        problems.append(("_", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"))
    for index, command in enumerate(commands):
        problems += [(f"{index}.{path}", code, text) for path, code, text in _command(command)]
    return problems


def error_body(problems: list[Problem]) -> Json:
    """Return the body of the 400 that tells of the problems."""
    errors: Json = {}
    for path, code, text in problems:
        node = errors
        for step in path.split("."):
            node = node.setdefault(step, {})
        node.setdefault("_errors", []).append({"code": code, "message": text})
    return {"code": 50035, "message": "Invalid Form Body", "errors": errors}


def _longer(path: str, text: Any, most: int, *, least: int = 0) -> Iterator[Problem]:
    if not isinstance(text, str):
        yield path, "STRING_TYPE_CONVERT", "Could not interpret as string."
    elif len(text) > most:
        yield path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length."
    elif len(text.strip()) < least:
        yield path, "BASE_TYPE_REQUIRED", "This field is required"


def _content(body: Json) -> Iterator[Problem]:
    if body.get("content") is not None:
        yield from _longer("content", body["content"], _CONTENT_CHARACTERS)


def _nonce(body: Json) -> Iterator[Problem]:
    if body.get("nonce") is not None:
        yield from _longer("nonce", str(body["nonce"]), _NONCE_CHARACTERS)


def _embeds(body: Json) -> Iterator[Problem]:
    embeds = body.get("embeds") or []
    if len(embeds) > _MAX_EMBEDS:
        yield "embeds", "BASE_TYPE_BAD_LENGTH", "Must be 10 or fewer in length."
    # The total is of all embeds of a message together.
    total = 0
    for index, embed in enumerate(embeds):
        for path, code, text in _embed(embed):
            yield f"embeds.{index}.{path}", code, text
        total += _size(embed)
    if total > _EMBED_TOTAL:
        yield "embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000"


def _embed(embed: Json) -> Iterator[Problem]:
    for part, most in (("title", _EMBED_TITLE), ("description", _EMBED_DESCRIPTION)):
        if part in embed:
            yield from _longer(part, embed[part], most)
    if "footer" in embed:
        yield from _longer("footer.text", embed["footer"].get("text"), _EMBED_FOOTER, least=1)
    fields = embed.get("fields") or []
    if len(fields) > _MAX_FIELDS:
        yield "fields", "BASE_TYPE_BAD_LENGTH", "Must be 25 or fewer in length."
    for index, field in enumerate(fields):
        yield from _longer(f"fields.{index}.name", field.get("name"), _FIELD_NAME, least=1)
        yield from _longer(f"fields.{index}.value", field.get("value"), _FIELD_VALUE, least=1)
    if not 0 <= embed.get("color", 0) <= 0xFFFFFF:
        yield "color", "NUMBER_TYPE_MAX", "int value should be less than or equal to 16777215."


def _size(embed: Json) -> int:
    texts = [embed.get("title", ""), embed.get("description", ""), embed.get("footer", {}).get("text", "")]
    texts += [text for field in embed.get("fields") or [] for text in (field.get("name", ""), field.get("value", ""))]
    return sum(map(len, texts))


def _components(rows: list[Json]) -> Iterator[Problem]:
    if len(rows) > _MAX_ROWS:
        yield "components", "BASE_TYPE_BAD_LENGTH", "Must be 5 or fewer in length."
    # An id must be unique in the whole message, not only in its row.
    used_ids: set[str] = set()
    for index, row in enumerate(rows):
        path = f"components.{index}"
        buttons = row.get("components") or []
        if row.get("type") != 1:
            yield path, "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).'
        if not 1 <= len(buttons) <= _BUTTONS_PER_ROW:
            yield f"{path}.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."
        for column, button in enumerate(buttons):
            yield from _button(f"{path}.components.{column}", button, used_ids)


def _button(path: str, button: Json, used_ids: set[str]) -> Iterator[Problem]:
    # Style 5 (a link) and 6 (a purchase) have no custom_id, and this product sends neither.
    if button.get("type") != 2 or button.get("style") not in {1, 2, 3, 4}:
        yield path, "UNION_TYPE_CHOICES", "Only buttons with a custom_id are known here."
    yield from _longer(f"{path}.label", button.get("label"), _LABEL_CHARACTERS, least=1)
    yield from _longer(f"{path}.custom_id", button.get("custom_id"), _CUSTOM_ID_CHARACTERS, least=1)
    if button.get("custom_id") in used_ids:
        yield f"{path}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
    used_ids.add(str(button.get("custom_id")))


def _mentions(allowed: Json) -> Iterator[Problem]:
    # Either all roles may ping or those that are listed; both at once is refused.
    for kind in ("roles", "users"):
        if kind in (allowed.get("parse") or []) and allowed.get(kind):
            yield "allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", f'parse:["{kind}"] and {kind}'


def _command(command: Json) -> Iterator[Problem]:
    name = command.get("name")
    if not isinstance(name, str) or not _NAME.match(name) or name != name.lower():
        yield "name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid"
    is_entry_point = command.get("type") == 4  # the one kind without a description
    yield from _longer("description", command.get("description"), _DESCRIPTION_CHARACTERS, least=not is_entry_point)
    yield from _localizations(command)
    if not set(command.get("contexts") or []) <= {0, 1, 2}:
        yield "contexts", "BASE_TYPE_CHOICES", "Value must be one of {0, 1, 2}."
    if not set(command.get("integration_types") or []) <= {0, 1}:
        yield "integration_types", "BASE_TYPE_CHOICES", "Value must be one of {0, 1}."
    options = command.get("options") or []
    if len(options) > _MAX_OPTIONS:
        yield "options", "BASE_TYPE_BAD_LENGTH", "Must be 25 or fewer in length."
    required = [bool(option.get("required")) for option in options]
    if sorted(required, reverse=True) != required:
        yield "options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must come first"
    if len({option.get("name") for option in options}) != len(options):
        yield "options", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists"
    for index, option in enumerate(options):
        yield from ((f"options.{index}.{path}", code, text) for path, code, text in _option(option))


def _localizations(definition: Json) -> Iterator[Problem]:
    for locale, text in (definition.get("description_localizations") or {}).items():
        path = f"description_localizations.{locale}"
        if locale not in _LOCALES:
            yield path, "BASE_TYPE_CHOICES", "Not a locale of Discord's."
        yield from _longer(path, text, _DESCRIPTION_CHARACTERS, least=1)


def _option(option: Json) -> Iterator[Problem]:
    name = option.get("name")
    if not isinstance(name, str) or not _NAME.match(name) or name != name.lower():
        yield "name", "APPLICATION_COMMAND_INVALID_NAME", "Option name is invalid"
    yield from _longer("description", option.get("description"), _DESCRIPTION_CHARACTERS, least=1)
    yield from _localizations(option)
    if option.get("type") not in range(3, 12):
        yield "type", "BASE_TYPE_CHOICES", "Not an option type."
    choices = option.get("choices") or []
    if len(choices) > _MAX_CHOICES:
        yield "choices", "BASE_TYPE_BAD_LENGTH", "Must be 25 or fewer in length."
    if choices and option.get("autocomplete"):
        yield "autocomplete", "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", "choices and autocomplete exclude each other"
    for index, choice in enumerate(choices):
        yield from _longer(f"choices.{index}.name", choice.get("name"), _CHOICE_CHARACTERS, least=1)
