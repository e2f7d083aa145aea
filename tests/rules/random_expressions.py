"""Random expressions over the whole subset: mostly of fitting types, now and then of none."""

from collections.abc import Sequence
from random import Random
from typing import Literal as OneOf

from rules.expression import Attribute, Binary, Call, Expression, Has, ListOf, Literal, Moment, Span, Unary

Steps = Sequence[str | None]

NUMBERS = [("amount",), ("amount",), ("n",), ("meta", "b"), ("a", "b")]
STRINGS = [("country",), ("country",), ("note",), ("meta", "c", "d")]
EVERYTHING = [
    *NUMBERS,
    *STRINGS,
    ("flag",),
    ("tags",),
    ("promised",),
    ("meta",),
    ("meta", "c"),
    ("gone",),
    ("tags", "b"),
]
WORDS = ["DE", "FR", "US", "urgent", "b", "", "2", "Ünïcode ☃ 😀", 'say "hi" \\ there', "it's", "a\nb", "é😀", "'", "D"]
INTEGERS = [0, 1, 2, 3, -1, 5, 100, 2**53, 2**53 + 1, 2**63 - 1, 1 - 2**63]
DOUBLES = [0.0, 0.5, 1.5, 2.0, 2.5, 1e-7, 9007199254740992.0, 1e308]
PATTERNS = [
    "^D",
    "a.b",
    "(?s)a.b",
    "[A-Z]{2}",
    "(?i)de",
    "\\d+",
    "",
    "^$",
    "☃|urg",
    "b$",
    "(?m)b$",
    "\\bhi\\b",
    "\\\\",
    "\\p{L}{3}",
    "^.$",
    "u(r)g?",
]
Comparison = OneOf["==", "!=", "<", "<=", ">", ">="]
COMPARISONS: list[Comparison] = ["==", "!=", "<", "<=", ">", ">=", ">=", ">="]
Sign = OneOf["+", "-", "*", "/"]
SIGNS: list[Sign] = ["+", "-", "*", "/"]


class Expressions:
    """Makes expressions over `steps`; `(None,)` are the attributes of the event at hand. `unit`: µs, see the cases.

    `fitting`: only those that the parser takes. Without it also such as no attribute can make sense of, like a string
    in the place of a boolean: the judge must bear with them too, for an attribute may be anything.
    """

    def __init__(self, random: Random, steps: Steps, around: int, unit: int, *, fitting: bool) -> None:
        self.random = random
        self.steps = steps
        self.around = around
        self.unit = unit
        self.fitting = fitting

    def attribute(self, paths: Sequence[tuple[str, ...]]) -> Attribute:
        return Attribute(self.random.choice(self.steps), self.random.choice(paths))

    def anything(self) -> Expression:
        if self.fitting:
            return self.some(0)
        return self.random.choice([self.number, self.text, self.moment, self.span, self.condition, self.some])(2)

    def some(self, depth: int) -> Expression:
        return self.attribute(EVERYTHING)

    def literal(self) -> Expression:
        random = self.random
        if self.fitting:
            return self.some(0)
        return Literal(random.choice([None, True, False, random.choice(INTEGERS), random.choice(DOUBLES), "DE"]))

    # By kind; the deeper, the plainer

    def number(self, depth: int) -> Expression:
        random = self.random
        if random.random() < 0.04:
            return self.some(depth)
        kind = random.random() + depth * 0.1
        if kind < 0.5:
            return self.attribute(NUMBERS)
        if kind < 0.65:
            return Literal(random.choice(INTEGERS))
        if kind < 0.75:
            return Literal(random.choice(DOUBLES))
        if kind < 0.8:
            return Call("size", (random.choice([self.attribute(EVERYTHING), self.text(3), self.words()]),))
        if kind < 0.85:
            return self.negative(self.number(depth + 1))
        if kind < 1 and depth < 3:
            return Binary(random.choice(SIGNS), self.number(depth + 1), self.number(depth + 1))
        return Literal(random.choice([1, 2, 3]))

    def negative(self, number: Expression) -> Expression:
        """As the parser reads it: the sign of a literal is part of it."""
        if isinstance(number, Literal) and isinstance(number.value, int | float):
            return Literal(-number.value)
        return Unary("-", number)

    def text(self, depth: int) -> Expression:
        random = self.random
        kind = random.random()
        if kind < 0.55:
            return self.attribute(STRINGS)
        if kind < 0.9 or depth > 2:
            return Literal(random.choice(WORDS))
        if kind < 0.95:
            return Binary("+", self.text(depth + 1), self.text(depth + 1))
        return self.some(depth)

    def span(self, depth: int) -> Expression:
        random = self.random
        kind = random.random()
        if kind < 0.7 or depth > 2:
            return Span(random.randint(0, 6) * self.unit)
        if kind < 0.8:
            return Unary("-", self.span(depth + 1))
        if kind < 0.9:
            return Binary("-", self.moment(depth + 1), self.moment(depth + 1))
        return Binary(random.choice(["+", "-"]), self.span(depth + 1), self.span(depth + 1))

    def moment(self, depth: int) -> Expression:
        random = self.random
        kind = random.random()
        if kind < 0.55 or depth > 2:
            return Call("timestamp", (self.attribute([("promised",)]),))
        if kind < 0.7:
            return Moment(self.around + random.randint(-12, 6) * self.unit)
        if kind < 0.75:
            below = self.moment(depth + 1) if random.random() < 0.3 else self.number(depth + 1)
            return Call("timestamp", (self.attribute(NUMBERS) if self.fitting else below,))
        if kind < 0.95:
            return Binary(random.choice(["+", "-"]), self.moment(depth + 1), self.span(depth + 1))
        return Binary("+", self.span(depth + 1), self.moment(depth + 1))

    def words(self) -> ListOf:
        random = self.random
        usual: list[Expression] = [Literal(word) for word in random.sample(WORDS, random.randint(self.fitting, 4))]
        if random.random() < 0.15:
            usual.append(random.choice([self.some(0), self.literal()]))
        return ListOf(tuple(usual))

    # Conditions

    def condition(self, depth: int = 0) -> Expression:
        random = self.random
        if depth < 3 and random.random() < 0.3:
            operator = random.choice(["&&", "||", "||", "!"])
            if operator == "!":
                return Unary("!", self.condition(depth + 1))
            return Binary("&&" if operator == "&&" else "||", self.condition(depth + 1), self.condition(depth + 1))
        return random.choice(
            [
                self.flag,
                self.flag,
                self.has,
                self.membership,
                self.membership,
                self.numbers,
                self.numbers,
                self.numbers,
                self.texts,
                self.text_function,
                self.text_function,
                self.moments,
                self.moments,
                self.odd,
            ]
        )()

    def compared(self, left: Expression, right: Expression) -> Expression:
        return Binary(self.random.choice(COMPARISONS), left, right)

    def flag(self) -> Expression:
        flag = self.attribute([("flag",)])
        if self.random.random() < 0.7:
            return flag
        return self.compared(flag, Literal(self.random.choice([True, False])))

    def has(self) -> Expression:
        return Has(self.attribute(EVERYTHING))

    def membership(self) -> Expression:
        random = self.random
        kind = random.random()
        if kind < 0.6:
            return Binary("in", self.attribute(STRINGS), self.words())
        if kind < 0.8:
            return Binary("in", Literal(random.choice(["DE", "urgent", "FR"])), self.attribute([("tags",)]))
        if kind < 0.9:
            return Binary(
                "in", self.number(2), ListOf(tuple(self.number(2) for _ in range(random.randint(self.fitting, 3))))
            )
        return Binary("in", self.anything(), self.attribute(EVERYTHING))

    def numbers(self) -> Expression:
        return self.compared(self.number(0), self.number(1))

    def texts(self) -> Expression:
        return self.compared(self.text(0), self.text(1))

    def text_function(self) -> Expression:
        random = self.random
        subject = self.attribute(STRINGS) if random.random() < 0.8 else self.text(1)
        if random.random() < 0.4:
            return Call("matches", (subject, Literal(random.choice(PATTERNS))))
        part = (
            Literal(random.choice(["", "D", "E", "u", "b", "☃", "\\", "😀"])) if random.random() < 0.8 else self.text(1)
        )
        return Call(random.choice(["startsWith", "endsWith", "contains"]), (subject, part))

    def moments(self) -> Expression:
        if self.random.random() < 0.7:
            return self.compared(self.moment(0), self.moment(0))
        return self.compared(self.span(0), self.span(0))

    def odd(self) -> Expression:
        if self.random.random() < 0.5:
            return self.compared(self.anything(), self.anything())
        return self.random.choice([self.literal, self.anything])()

    # What rules ask for

    def due(self) -> Expression:
        """An expression for `due`: mostly a promise on an event, sometimes reckoned, sometimes no timestamp at all."""
        random = self.random
        kind = random.random()
        if kind < 0.6:
            return self.attribute([("promised",)])
        if kind < 0.92:
            return self.moment(0)
        return random.choice([self.some(0), self.some(0) if self.fitting else self.number(1), self.anything()])

    def count(self) -> Expression:
        """An expression for `times`: mostly a small number on an event."""
        random = self.random
        kind = random.random()
        if kind < 0.6:
            return self.attribute([("n",), ("n",), ("amount",), ("meta", "b")])
        return self.number(0) if kind < 0.9 or self.fitting else self.anything()

    def text_to_show(self) -> Expression:
        """For `unit` and `customer`."""
        random = self.random
        if random.random() < 0.8:
            return self.attribute(EVERYTHING)
        return random.choice([Literal("EUR"), self.literal(), Binary("+", self.text(1), self.text(1)), self.anything()])
