"""A template, taken apart.

Models text/template/parse's `parse.go`.
"""

from typing import Final, NoReturn

from clusters.terminal.kubectl.printers.budget import TooMuchWorkError
from clusters.terminal.kubectl.printers.gofmt import quote
from clusters.terminal.kubectl.printers.text_template.functions import FUNCTIONS
from clusters.terminal.kubectl.printers.text_template.lex import Kind, Lexer, Token
from clusters.terminal.kubectl.printers.text_template.literals import number, unquote
from clusters.terminal.kubectl.printers.text_template.nodes import (
    Action,
    Block,
    Branch,
    Chain,
    Command,
    Constant,
    Dot,
    End,
    Field,
    Identifier,
    Leave,
    Nil,
    Operand,
    Pipe,
    Step,
    Template,
    Text,
    Variable,
    is_empty,
)

_OPERANDS: Final = frozenset(
    {
        Kind.BOOL,
        Kind.CHAR_CONSTANT,
        Kind.COMPLEX,
        Kind.DOT,
        Kind.FIELD,
        Kind.IDENTIFIER,
        Kind.NUMBER,
        Kind.NIL,
        Kind.RAW_STRING,
        Kind.STRING,
        Kind.VARIABLE,
        Kind.LEFT_PAREN,
    }
)
_STRINGS: Final = (Kind.STRING, Kind.RAW_STRING)


class TemplateError(ValueError):
    """A template that cannot be read, or not be executed; in Go's words."""


def parse(name: str, text: str) -> dict[str, Block]:
    """The template of this name, and those that are defined in it.

    Raises TemplateError, and TooMuchWorkError for what is nested too deeply.
    """
    blocks: dict[str, Block] = {}
    try:
        _Tree(name, name, Lexer(text), blocks).parse()
    except RecursionError as error:
        raise TooMuchWorkError from error
    return blocks


class _Tree:
    """One template while it is read. It looks up to three tokens ahead: `_ahead`, the next one last."""

    def __init__(self, name: str, parse_name: str, lexer: Lexer, blocks: dict[str, Block]) -> None:
        self._name = name
        self._parse_name = parse_name
        self._lexer = lexer
        self._blocks = blocks
        self._ahead: list[Token] = []
        self._latest = Token(Kind.EOF, 0, "", 0)
        self._variables = ["$"]
        self._action_line = 0
        self._ranges = 0

    def parse(self) -> None:
        """Reads the main template, to the end of the text."""
        root = Block(pos=self._peek().pos)
        while self._peek().kind is not Kind.EOF:
            if self._peek().kind is Kind.LEFT_DELIM:
                delim = self._next()
                token = self._next_non_space()
                if token.kind is Kind.DEFINE:
                    self._inner("definition").parse_definition()
                    continue
                self._ahead = [token, delim]
            node = self._text_or_action()
            if isinstance(node, End):
                self._fail(f"unexpected {node}")
            root.nodes.append(node)
        self._add(root)

    def parse_definition(self) -> None:
        """Reads what stands behind the word `define`."""
        token = self._expect(_STRINGS, "define clause")
        self._name = self._unquoted(token.text)
        self._expect((Kind.RIGHT_DELIM,), "define clause")
        self._add(self._block_to_end("define clause", self))

    def _inner(self, name: str) -> "_Tree":
        return _Tree(name, self._parse_name, self._lexer, self._blocks)

    def _block_to_end(self, context: str, complains: "_Tree") -> Block:
        block, end = self._item_list()
        if end.word != "end":
            complains._fail(f"unexpected {end} in {context}")
        return block

    def _add(self, block: Block) -> None:
        known = self._blocks.get(self._name)
        if known is None or is_empty(known):
            self._blocks[self._name] = block
        elif not is_empty(block):
            self._fail(f"template: multiple definition of template {quote(self._name)}")

    def _item_list(self) -> tuple[Block, End]:
        block = Block(pos=self._peek_non_space().pos)
        while self._peek_non_space().kind is not Kind.EOF:
            node = self._text_or_action()
            if isinstance(node, End):
                return block, node
            block.nodes.append(node)
        return self._fail("unexpected EOF")

    def _text_or_action(self) -> Step | End:
        token = self._next_non_space()
        if token.kind is Kind.TEXT:
            return Text(token.text, pos=token.pos)
        if token.kind is not Kind.LEFT_DELIM:
            self._unexpected(token, "input")
        self._action_line = token.line
        node = self._action()
        self._action_line = 0
        return node

    def _action(self) -> Step | End:
        token = self._next_non_space()
        match token.kind:
            case Kind.BLOCK | Kind.TEMPLATE:
                return self._template(token.kind)
            case Kind.BREAK | Kind.CONTINUE:
                return self._leave(token)
            case Kind.ELSE:
                return self._else()
            case Kind.END:
                return End("end", pos=self._expect((Kind.RIGHT_DELIM,), "end").pos)
            case Kind.IF | Kind.RANGE | Kind.WITH:
                return self._control(token.text)
        self._back(token)
        token = self._peek()
        return Action(self._pipeline("command", Kind.RIGHT_DELIM), pos=token.pos)

    def _leave(self, token: Token) -> Leave:
        end = self._next_non_space()
        if end.kind is not Kind.RIGHT_DELIM:
            self._unexpected(end, f"{{{{{token.text}}}}}")
        if not self._ranges:
            self._fail(f"{{{{{token.text}}}}} outside {{{{range}}}}")
        return Leave(token.text, pos=token.pos)

    def _else(self) -> End:
        following = self._peek_non_space()
        if following.kind in (Kind.IF, Kind.WITH):
            return End("else", pos=following.pos)
        return End("else", pos=self._expect((Kind.RIGHT_DELIM,), "else").pos)

    def _control(self, word: str) -> Branch:
        known = len(self._variables)
        pipe = self._pipeline(word, Kind.RIGHT_DELIM)
        self._ranges += word == "range"
        block, end = self._item_list()
        self._ranges -= word == "range"
        otherwise = self._otherwise(word, end) if end.word == "else" else None
        del self._variables[known:]
        return Branch(word, pipe, block, otherwise, pos=pipe.pos)

    def _otherwise(self, word: str, end: End) -> Block:
        """What stands behind `else`; `else if` and `else with` have no end of their own."""
        following = self._peek()
        if following.kind in (Kind.IF, Kind.WITH) and following.text == word:
            self._next()
            return Block([self._control(word)], pos=end.pos)
        block, end = self._item_list()
        if end.word != "end":
            self._fail(f"expected end; found {end}")
        return block

    def _template(self, kind: Kind) -> Template:
        context = "block clause" if kind is Kind.BLOCK else "template clause"
        token = self._next_non_space()
        if token.kind not in _STRINGS:
            self._unexpected(token, context)
        name = self._unquoted(token.text)
        pipe = None
        following = self._peek_non_space()
        if kind is Kind.TEMPLATE and following.kind is Kind.RIGHT_DELIM:
            self._next_non_space()
        else:
            pipe = self._pipeline(context, Kind.RIGHT_DELIM)
        if kind is Kind.BLOCK:
            inner = self._inner(name)
            inner._add(inner._block_to_end(context, self))
        return Template(name, pipe, pos=token.pos)

    def _pipeline(self, context: str, end: Kind) -> Pipe:
        token = self._peek_non_space()
        is_assign, variables = self._declarations(context)
        pipe = Pipe(is_assign, variables, [], pos=token.pos)
        while (token := self._next_non_space()).kind is not end:
            if token.kind not in _OPERANDS:
                self._unexpected(token, context)
            self._back(token)
            pipe.commands.append(self._command())
        self._check(pipe, context)
        return pipe

    def _declarations(self, context: str) -> tuple[bool, list[Variable]]:
        """Reads `$x :=`, `$x =` or, in a range, `$i, $x :=`."""
        variables: list[Variable] = []
        while (token := self._peek_non_space()).kind is Kind.VARIABLE:
            self._next()
            after = self._peek()
            following = self._peek_non_space()
            if following.kind in (Kind.ASSIGN, Kind.DECLARE):
                self._next_non_space()
                variables.append(self._declared(token))
                return following.kind is Kind.ASSIGN, variables
            if following.kind is not Kind.CHAR or following.text != ",":
                self._ahead += [after, token] if after.kind is Kind.SPACE else [token]
                break
            self._next_non_space()
            variables.append(self._declared(token))
            if context != "range" or len(variables) > 1:
                self._fail(f"too many declarations in {context}")
            if self._peek_non_space().kind not in (Kind.VARIABLE, Kind.RIGHT_DELIM, Kind.RIGHT_PAREN):
                self._fail("range can only initialize variables")
        return False, variables

    def _declared(self, token: Token) -> Variable:
        self._variables.append(token.text)
        return Variable((token.text,), pos=token.pos)

    def _check(self, pipe: Pipe, context: str) -> None:
        if not pipe.commands:
            self._fail(f"missing value for {context}")
        for stage, command in enumerate(pipe.commands[1:], 2):
            if isinstance(command.args[0], Constant | Dot | Nil):
                self._fail(f"non executable command in pipeline stage {stage}")

    def _command(self) -> Command:
        command = Command([], pos=self._peek_non_space().pos)
        while True:
            self._peek_non_space()
            operand = self._operand()
            if operand is not None:
                command.args.append(operand)
            token = self._next()
            if token.kind is Kind.SPACE:
                continue
            if token.kind in (Kind.RIGHT_DELIM, Kind.RIGHT_PAREN):
                self._back(token)
            elif token.kind is not Kind.PIPE:
                self._unexpected(token, "operand")
            break
        if not command.args:
            self._fail("empty command")
        return command

    def _operand(self) -> Operand | None:
        node = self._term()
        if node is None or self._peek().kind is not Kind.FIELD:
            return node
        pos = self._peek().pos
        names: tuple[str, ...] = ()
        while self._peek().kind is Kind.FIELD:
            names += (self._next().text[1:],)
        if isinstance(node, Field | Variable):
            return type(node)(node.names + names, pos=pos)
        if isinstance(node, Constant | Nil | Dot):
            self._fail(f"unexpected . after term {quote(str(node))}")
        return Chain(node, names, pos=pos)

    def _term(self) -> Operand | None:
        token = self._next_non_space()
        if token.kind not in _OPERANDS:
            self._back(token)
            return None
        if token.kind is Kind.LEFT_PAREN:
            return self._pipeline("parenthesized pipeline", Kind.RIGHT_PAREN)
        name = self._name_of(token)
        return self._constant(token) if name is None else name

    def _name_of(self, token: Token) -> Operand | None:
        match token.kind:
            case Kind.IDENTIFIER:
                if token.text not in FUNCTIONS:
                    self._fail(f"function {quote(token.text)} not defined")
                return Identifier(token.text, pos=token.pos)
            case Kind.DOT:
                return Dot(pos=token.pos)
            case Kind.NIL:
                return Nil(pos=token.pos)
            case Kind.VARIABLE:
                return self._used(token)
            case Kind.FIELD:
                return Field((token.text[1:],), pos=token.pos)
        return None

    def _constant(self, token: Token) -> Constant:
        if token.kind is Kind.BOOL:
            return Constant(token.text, token.text == "true", pos=token.pos)
        if token.kind in _STRINGS:
            return Constant(token.text, self._unquoted(token.text), pos=token.pos)
        try:
            return Constant(token.text, number(token.text), pos=token.pos)
        except ValueError as error:
            self._fail(str(error))

    def _used(self, token: Token) -> Variable:
        if token.text not in self._variables:
            self._fail(f"undefined variable {quote(token.text)}")
        return Variable((token.text,), pos=token.pos)

    def _unquoted(self, text: str) -> str:
        try:
            return unquote(text)
        except ValueError as error:
            self._fail(str(error))

    def _next(self) -> Token:
        if self._ahead:
            return self._ahead.pop()
        self._latest = self._lexer.next_token()
        return self._latest

    def _back(self, token: Token) -> None:
        self._ahead.append(token)

    def _peek(self) -> Token:
        token = self._next()
        self._back(token)
        return token

    def _next_non_space(self) -> Token:
        while (token := self._next()).kind is Kind.SPACE:
            pass
        return token

    def _peek_non_space(self) -> Token:
        token = self._next_non_space()
        self._back(token)
        return token

    def _expect(self, kinds: tuple[Kind, ...], context: str) -> Token:
        token = self._next_non_space()
        if token.kind not in kinds:
            self._unexpected(token, context)
        return token

    def _unexpected(self, token: Token, context: str) -> NoReturn:
        if token.kind is not Kind.ERROR:
            self._fail(f"unexpected {token} in {context}")
        extra = ""
        if self._action_line and self._action_line != token.line:
            extra = f" in action started at {self._parse_name}:{self._action_line}"
            if token.text.endswith(" action"):
                extra = extra.removeprefix(" in action")
        self._fail(f"{token}{extra}")

    def _fail(self, text: str) -> NoReturn:
        raise TemplateError(f"template: {self._parse_name}:{self._latest.line}: {text}")
