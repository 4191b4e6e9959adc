"""State → what Slack shows. Pure: no clock, no network, no settings read.

`voice.BlockKitVoice` is the one way in (port `bot.ports.voice.Voice`); `guard.guard` checks what
comes out, at the single send point. Whatever was written by others goes through `escape`.
"""
