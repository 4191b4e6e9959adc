"""Lines as they are read in tests."""

from bot.domain.grammar import Answer, Command, parse


def understood(line: str) -> Command:
    command = parse(line)
    assert isinstance(command, Command), command
    return command


def refused(line: str) -> str:
    answer = parse(line)
    assert isinstance(answer, Answer), answer
    assert answer.kind == "error"
    return answer.text
