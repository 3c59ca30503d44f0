# SPDX-License-Identifier: Apache-2.0
"""Options that take all the values that follow them, as in ``--zones 2m 4m 8m``."""

import click


class SeveralValues(click.Command):
    """A command without arguments, each of whose options in ``several`` may be given many values.

    What follows such an option, up to the next option, is given to it value by value.
    """

    several: tuple[str, ...] = ()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spread: list[str] = []
        option = ""  # whose values may follow
        for arg in args:
            if arg.startswith("--"):
                option = arg if arg in self.several else ""
            elif option and spread[-1] != option:
                spread.append(option)
            spread.append(arg)
        return super().parse_args(ctx, spread)
