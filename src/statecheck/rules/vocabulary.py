"""The closed list of predicates: what detectors can decide about a place in the code, and rule packs may ask for.

A predicate is added here together with the detector that decides it. Data may negate any of them with "not ".
"""

from __future__ import annotations

from typing import Final

PREDICATES: Final = frozenset(
    {
        "awaited",  # the value is awaited in the same function
        "joined",  # its end is waited for: join(), result(), shutdown(wait=True)
        "gathered",  # it is handed to gather(), wait() or a task group
        "context-managed",  # it stands in a with statement
        "discarded",  # nobody keeps the value
        "daemon",  # a thread or process marked as daemon
        "held",  # the value is stored beyond the call that made it
        "zero-argument",  # the decorated function takes no argument but self
        "reads-changing-data",  # the function reads what can change while the process lives
        "per-call",  # the decorated function is made anew by each request
        "started",  # an object of a class of the tree: its start() is called
        "of-a-command",  # the value is used on the spot, by code that only a command runs
        "changes-nothing",  # the work that is started only waits, watches, logs or counts
        "cleans-up",  # the work that is started only closes or removes something
        "delivers",  # the work that is started hands on, in this process, messages that all processes hear
        "serves-connection",  # the work that is started sends to a connection of this process, and keeps nothing
        "guards-shared",  # a lock around what other processes change too
        "signals-requests",  # an event that one request sets and another waits for
        "from-upload",  # the data comes from an uploaded file
        "removes",  # the call deletes what the path names
        "moves",  # what the call's other path names is gone afterwards
        "reads",  # the call only reads what the path names
        "temporary",  # the file was made with a fresh name in the temporary folder
        "compared",  # the value is compared with a constant
        "drawn",  # the text looks like a key or a password, not like a word, a sentence or a path
        "local-host",  # the address names this machine or a container beside it
        "inside-host",  # the address names a machine of one's own network: a private number, *.internal, *.svc
        "documentation-host",  # the address is one of those that documentation uses: example.com
        "named-host",  # the address names a host at all
        "authenticates",  # what others send is compared with the value
        "fixed",  # an attribute that replaces what the base class was given
        "restored",  # the same function changes it again later, in a finally or by a with statement
        "restores",  # the place itself sets back what the function has changed
        "since-start",  # nothing but the start of the process leads here, through what it sets going
        "own-process",  # only a child process of its own runs the code
        "pools",  # what is put there was taken from there, or made where none was left
        "accepts",  # the work is handed a connection that was just accepted
        "repeated",  # the program and its settings determine what is set, and it is the same wherever it is set
        "keys-a-cache",  # the digest made with the value is only a key of a container of this process
        "coordinates",  # a file lock that turns others away, or is held around what all replicas share
        "in-test",  # the place is test code
        # What a file is for that outlives its call: a rule that names one reports such files, whatever writes them.
        "stores",  # a database, whatever it is called and wherever it lies
        "makes-key",  # a key is drawn at random and kept in the file
        "keeps-out",  # that the file exists, or is locked, keeps others out
        "logs",  # lines of a log
        "parks",  # the file lies in the temporary folder, and other code gets at it
    }
)
PURPOSES: Final = ("stores", "makes-key", "keeps-out", "logs", "parks")
_OF_CALLS: Final = frozenset(
    {
        "awaited",
        "joined",
        "gathered",
        "context-managed",
        "discarded",
        "daemon",
        "held",
        "zero-argument",
        "reads-changing-data",
        "in-test",
        "guards-shared",
        "signals-requests",
        "changes-nothing",
        "cleans-up",
        "delivers",
        "serves-connection",
        "per-call",
        "of-a-command",
        "started",
        "restored",
        "restores",
        "own-process",
        "since-start",
        "repeated",
        "pools",
        "accepts",
        "coordinates",
    }
)
# The predicates of a detector that decides only some of them: a rule that names it may ask for no others.
OWNED: Final = {
    "call": _OF_CALLS,
    "path-write": _OF_CALLS | {"from-upload", "removes", "moves", "reads", "temporary"},
    "literal": frozenset(
        {
            "drawn",
            "keys-a-cache",
            "local-host",
            "inside-host",
            "documentation-host",
            "named-host",
            "authenticates",
            "fixed",
        }
    ),
    "env-branch": frozenset({"compared"}),
}
NEGATION: Final = "not "
PLACEHOLDERS: Final = frozenset({"symbol", "entries", "read", "readers", "writers", "harm", "form", "detail"})


def bare(predicate: str) -> str:
    """The predicate without its negation."""
    return predicate[len(NEGATION) :] if predicate.startswith(NEGATION) else predicate
