"""Classes: method resolution order, members, fields of objects, properties and attributes of the class."""

from __future__ import annotations

from .support import Linked, one, tree


def mro(linked: Linked, name: str) -> list[str]:
    return [linked.spell(ref) for ref in linked.evaluator.classes.info(linked.ref(name)).mro]


def foreign(linked: Linked, name: str) -> tuple[str, ...]:
    return linked.evaluator.classes.info(linked.ref(name)).foreign


def method(linked: Linked, cls: str, name: str) -> str | None:
    found = linked.evaluator.classes.method(linked.ref(cls), name)
    return linked.spell(found) if found else None


class TestOrder:
    def test_bases_across_files(self) -> None:
        linked = tree(
            {
                "base.py": "class Base:\n    def f(self): ...",
                "mid.py": "import base\nclass Mid(base.Base): ...",
                "main.py": "from mid import Mid\nclass Leaf(Mid): ...",
            }
        )
        assert mro(linked, "main.Leaf") == ["main.Leaf", "mid.Mid", "base.Base"]
        assert method(linked, "main.Leaf", "f") == "base.Base.f"

    def test_diamond(self) -> None:
        linked = one("""
            class Top:
                def f(self): ...
            class Left(Top): ...
            class Right(Top):
                def f(self): ...
            class Bottom(Left, Right): ...
        """)
        assert mro(linked, "app.Bottom") == ["app.Bottom", "app.Left", "app.Right", "app.Top"]
        assert method(linked, "app.Bottom", "f") == "app.Right.f"

    def test_foreign_bases_are_inherited_in_order(self) -> None:
        linked = one("""
            import threading
            from flask.views import MethodView
            class Own(MethodView): ...
            class Both(Own, threading.Thread): ...
        """)
        assert foreign(linked, "app.Both") == ("flask.views.MethodView", "threading.Thread")

    def test_generic_bases(self) -> None:
        linked = one(
            "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass A(Generic[T]): ...\nclass B(A[int]): ..."
        )
        assert mro(linked, "app.B") == ["app.B", "app.A"]

    def test_a_class_that_inherits_from_itself_by_mistake(self) -> None:
        linked = one("class A(A):\n    def f(self): ...\nclass B(A): ...")
        assert mro(linked, "app.B") == ["app.B", "app.A"]
        assert method(linked, "app.B", "f") == "app.A.f"

    def test_classes_that_inherit_from_each_other_by_mistake(self) -> None:
        linked = tree({"a.py": "from b import B\nclass A(B): ...", "b.py": "from a import A\nclass B(A): ..."})
        assert "a.A" in mro(linked, "a.A")
        assert "b.B" in mro(linked, "b.B")

    def test_a_class_named_like_its_base_in_another_module(self) -> None:
        linked = tree({"base.py": "class View: ...", "main.py": "from base import View\nclass View(View): ..."})
        assert mro(linked, "main.View") == ["main.View", "base.View"]

    def test_a_base_made_by_a_call_is_unknown(self) -> None:
        linked = one("def make(name): return type(name, (), {})\nclass A(make('x')): ...")
        assert mro(linked, "app.A") == ["app.A"]


class TestFields:
    def test_a_field_set_in_init(self) -> None:
        linked = one("class C:\n    def __init__(self): self.x = {}\n    def f(self):\n        found = self.x")
        assert linked.what("app.C.f.found") == {"dict"}
        assert linked.where("app.C.f.found") == {"field app.C.x"}

    def test_a_field_set_in_the_base_class(self) -> None:
        linked = tree(
            {
                "base.py": "class Base:\n    def __init__(self): self.x = {}",
                "main.py": """
            from base import Base
            class Leaf(Base):
                def f(self):
                    found = self.x
        """,
            }
        )
        assert linked.where("main.Leaf.f.found") == {"field base.Base.x"}

    def test_a_field_set_in_the_subclass_and_used_in_the_base(self) -> None:
        linked = one("""
            class Base:
                def f(self):
                    found = self.x
            class Leaf(Base):
                def __init__(self): self.x = {}
        """)
        assert linked.where("app.Base.f.found") == {"field app.Leaf.x"}
        assert linked.what("app.Base.f.found") == {"dict"}

    def test_a_field_set_in_both_is_one_place(self) -> None:
        linked = one("""
            class Base:
                def __init__(self): self.x = []
            class Leaf(Base):
                def __init__(self): self.x = {}
                def f(self):
                    found = self.x
        """)
        assert linked.where("app.Leaf.f.found") == {"field app.Base.x"}
        assert linked.what("app.Leaf.f.found") == {"list", "dict"}

    def test_the_receiver_may_have_any_name(self) -> None:
        linked = one("class C:\n    def __init__(me): me.x = {}\n    def f(this):\n        found = this.x")
        assert linked.where("app.C.f.found") == {"field app.C.x"}

    def test_a_closure_in_a_method_sees_its_receiver(self) -> None:
        linked = one("""
            class C:
                def f(self):
                    def inner():
                        self.x = {}
                    return inner
                def g(self):
                    found = self.x
        """)
        assert linked.what("app.C.g.found") == {"dict"}

    def test_a_field_through_an_object_of_another_class(self) -> None:
        linked = one("""
            class Store:
                def __init__(self): self.rows = {}
            class Service:
                def __init__(self): self.store = Store()
                def f(self):
                    found = self.store.rows
            service = Service()
            def g():
                found = service.store.rows
        """)
        assert linked.where("app.Service.f.found") == linked.where("app.g.found") == {"field app.Store.rows"}

    def test_a_field_that_a_parameter_fills(self) -> None:
        linked = one("""
            CACHE = {}
            class C:
                def __init__(self, cache): self.cache = cache
                def f(self):
                    found = self.cache
            c = C(CACHE)
        """)
        assert linked.where("app.C.f.found") == {"global app.CACHE"}

    def test_a_static_method_has_no_receiver(self) -> None:
        linked = one("class C:\n    @staticmethod\n    def f(x):\n        x.y = {}\n        found = x")
        assert linked.what("app.C.f.found") == set()


class TestProperties:
    SOURCE = """
        class C:
            def __init__(self): self._x = {}
            @property
            def x(self): return self._x
            @x.setter
            def x(self, value): self._x = value
        c = C()
        def read():
            found = c.x
        def write(value):
            c.x = value
    """

    def test_reading_gives_what_the_getter_returns(self) -> None:
        assert one(self.SOURCE).where("app.read.found") == {"field app.C._x"}

    def test_getter_and_setter_run(self) -> None:
        linked = one(self.SOURCE)
        assert ("app.C.x", "property") in linked.edges("app.read")
        assert ("app.C.x", "property") in linked.edges("app.write")

    def test_the_setter_writes_and_not_the_assignment(self) -> None:
        assert one(self.SOURCE).writes()["field app.C._x"] == {("app.C.__init__", "rebind"), ("app.C.x", "rebind")}
        assert "field app.C.x" not in one(self.SOURCE).writes()

    def test_cached_property(self) -> None:
        linked = one("""
            from functools import cached_property
            class C:
                @cached_property
                def rows(self): return {}
                def f(self):
                    found = self.rows
        """)
        assert linked.what("app.C.f.found") == {"dict"}
        assert ("app.C.rows", "property") in linked.edges("app.C.f")


class TestClassAttributes:
    def test_through_the_class_the_object_and_a_class_method(self) -> None:
        linked = one("""
            class C:
                rows = {}
                @classmethod
                def a(cls):
                    found = cls.rows
                def b(self):
                    found = self.rows
            def c():
                found = C.rows
        """)
        for name in ("app.C.a", "app.C.b", "app.c"):
            assert linked.where(f"{name}.found") == {"class attribute app.C.rows"}

    def test_an_inherited_one_belongs_to_the_base(self) -> None:
        linked = one("class A:\n    rows = {}\nclass B(A): ...\nfound = B.rows")
        assert linked.where("app.found") == {"class attribute app.A.rows"}

    def test_one_of_the_subclass_is_its_own(self) -> None:
        linked = one("class A:\n    rows = {}\nclass B(A):\n    rows = []\nfound = B.rows")
        assert linked.where("app.found") == {"class attribute app.B.rows"}

    def test_one_that_is_set_from_outside(self) -> None:
        linked = one("class A: ...\nA.rows = {}\ndef f():\n    found = A.rows")
        assert linked.where("app.f.found") == {"class attribute app.A.rows"}
        assert linked.what("app.f.found") == {"dict"}

    def test_one_that_init_replaces_is_a_field(self) -> None:
        linked = one(
            "class A:\n    rows = None\n    def __init__(self): self.rows = {}\n    def f(self):\n"
            "        found = self.rows"
        )
        assert linked.where("app.A.f.found") == {"field app.A.rows"}

    def test_a_field_of_a_data_class_belongs_to_the_object(self) -> None:
        linked = one("""
            from dataclasses import dataclass, field
            @dataclass
            class Cart:
                rows: list = field(default_factory=list)
                def f(self):
                    found = self.rows
        """)
        assert linked.where("app.Cart.f.found") == {"field app.Cart.rows"}
        assert linked.what("app.Cart.f.found") == {"list"}

    def test_a_nested_class(self) -> None:
        linked = one("class A:\n    class B:\n        rows = {}\nfound = A.B.rows")
        assert linked.where("app.found") == {"class attribute app.A.B.rows"}
