"""Where a path leads: the folder that it starts from, the names below it, and what is known of them.

A path is followed backwards through names, joins, parameters, fields and the returns of helpers. Two paths with the
same root lie in the same folder, whatever that folder is called; one whose parts begin with those of another lies
below it.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from statecheck.facts.ir import Attr, Call, Const, Expr, Name, Sub
from statecheck.project.callsites import CallSite
from statecheck.project.sources import Located

Part = object  # a folder or file name, or a key that stands for an unknown one
SCRATCH = frozenset({"tempfile.TemporaryDirectory", "tempfile.TemporaryFile", "tempfile.SpooledTemporaryFile"})
TEMP_NAMES = frozenset(
    {
        "tempfile.mkstemp",
        "tempfile.mkdtemp",
        "tempfile.mktemp",
        "tempfile.NamedTemporaryFile",
    }
)
CHANGES_FOLDER = frozenset({"os.chdir", "os.fchdir", "contextlib.chdir"})
TEMP_FOLDERS = frozenset({"tempfile.gettempdir", "tempfile.gettempdirb", "tempfile.gettempprefix"})
# Methods and attributes of paths and texts that stay at, or near, the same place.
SAME = frozenset(
    {
        "resolve",
        "absolute",
        "expanduser",
        "as_posix",
        "strip",
        "lower",
        "encode",
        "decode",
        "rstrip",
        "abspath",
        "realpath",
        "normpath",
        "expandvars",
        "fspath",
        "fsdecode",
        "fsencode",
        "str",
        "Path",
        "PurePath",
        "AsyncPath",
        "split",
        "splitext",
        "name",
        "fileno",
    }
)
# Methods of texts and paths alone: what has them is one, whatever made it.
OWN = frozenset(
    {
        "encode",
        "decode",
        "strip",
        "lower",
        "rstrip",
        "split",
        "as_posix",
        "joinpath",
        "with_suffix",
        "with_name",
        "with_stem",
    }
)
DEVICES = ("/dev/null", "/dev/std", "/dev/fd", "/dev/tty", "/proc/", "/sys/")
BELOW = frozenset({"joinpath", "glob", "rglob", "iterdir", "listdir", "scandir", "walk", "iglob"})
BESIDE = frozenset({"with_suffix", "with_name", "with_stem", "removesuffix", "replace"})
ABOVE = frozenset({"parent", "dirname"})
TEMP_PREFIXES = ("/tmp", "/var/tmp", "/dev/shm")


class PathValue(Struct, frozen=True, gc=False):
    """One possible path. ``root`` names the folder it starts from; ``origins`` say what is known of it:

    scratch (removed when its block ends), temp (a fresh name in the temporary folder), temp-folder, memory, device,
    remote, literal, env, setting, field, package, upload (named by the user who sent it), user (a value of a request),
    param (whatever callers give), random, unknown.
    ``sites`` are the calls that the path came through as an argument, outermost last.
    """

    root: tuple[object, ...]
    parts: tuple[Part, ...] = ()
    origins: frozenset[str] = frozenset()
    source: Located | None = None
    sites: tuple[CallSite, ...] = ()

    @property
    def text(self) -> str:
        """The path for a reader, as far as it is a constant; "" where nothing is."""
        if not any(isinstance(part, str) for part in self.parts):
            return ""
        text = "" if self.root[0] == "text" else "…"
        for part in self.parts:
            name = part if isinstance(part, str) else "…"
            text += name if not text or (text.endswith("…") and name.startswith((".", "_", "-"))) else f"/{name}"
        return f"/{text}" if self.root == ("text", "/") else text

    @property
    def is_fixed(self) -> bool:
        """Is every name below the root known?"""
        return all(isinstance(part, str) for part in self.parts)

    @property
    def ends_known(self) -> bool:
        """Is the last name, or the end of it, known?"""
        return bool(self.parts) and isinstance(self.parts[-1], str)

    def covers(self, other: PathValue) -> bool:
        """Is ``other`` this very path, or one below it?"""
        return self.root == other.root and self.parts == other.parts[: len(self.parts)]

    def looks_like(self, other: PathValue) -> bool:
        """Are all names that are known the same, and those unknown in the same places?"""
        mine, theirs = ([part if isinstance(part, str) else None for part in path.parts] for path in (self, other))
        return self.root == other.root and mine == theirs

    def below(self, parts: Iterable[Part]) -> PathValue:
        """The path of something inside this folder."""
        return replace(self, parts=(*self.parts, *parts))


def constant_path(at: Located, expr: Const) -> PathValue:
    """The path that a literal names; anything but a text names none."""
    text = expr.value
    if expr.kind not in ("str", "bytes"):
        return PathValue(("none",), (), frozenset({"device"}), at)
    origin = "literal"
    if "://" in text or text.startswith(("s3:", "gs:")):
        origin = "literal" if text.startswith("file://") else "remote"
    elif text.startswith(DEVICES) or text in ("NUL", "-", ":memory:"):
        origin = "device"
    elif text.startswith(TEMP_PREFIXES):
        origin = "temp-folder"
    parts = tuple(part for part in text.replace("\\", "/").split("/") if part not in ("", "."))
    return PathValue(("text", "/" if text.startswith("/") else ""), parts, frozenset({origin}), at)


def above(path: PathValue) -> PathValue:
    """The folder that holds it."""
    if path.parts:
        return replace(path, parts=path.parts[:-1])
    return path if path.root[0] in ("package", "text") else replace(path, root=("above", path.root))


def filled(path: PathValue, values: str) -> PathValue:
    """A text whose ``{}`` or ``%s`` get values: the names that hold one are not known."""
    parts = tuple(
        ("filled", part, values) if isinstance(part, str) and ("{" in part or "%" in part) else part
        for part in path.parts
    )
    return replace(path, parts=parts)


def key_of(expr: Expr) -> str:
    """What stands between brackets: the text of a literal, else the shape."""
    return expr.value if isinstance(expr, Const) else shape(expr)


def shape(expr: Expr) -> str:
    """An expression as a short text without positions."""
    if isinstance(expr, Name):
        return expr.id
    if isinstance(expr, Attr):
        return f"{shape(expr.value)}.{expr.attr}"
    if isinstance(expr, Const):
        return repr(expr.value)
    if isinstance(expr, Call):
        return f"{shape(expr.func)}({', '.join(map(shape, expr.args))})"
    if isinstance(expr, Sub):
        return f"{shape(expr.value)}[{shape(expr.index)}]"
    return f"{type(expr).__name__}@{expr.pos}"
