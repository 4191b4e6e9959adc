"""Where an error came from, without any value: what a log may hold of an unexpected one."""


def whereabouts(error: BaseException) -> str:
    """Return `file:line` of the innermost frames, innermost first."""
    frames: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
        frames.append(f"{name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " < ".join(reversed(frames[-6:]))
