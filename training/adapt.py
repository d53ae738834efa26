"""Adapt a model to labelled folders: `python -m training.adapt FOLDER --labels folders`, as `main.py adapt` does.

It needs no PyTorch: what is trained is one linear map, in closed form, by `engine.adapt`.
"""

import json
import logging
import sys
from collections.abc import Sequence

from tqdm import tqdm

from engine.commands.adapt import AdaptOptions, adapt
from engine.commands.answer import Place
from engine.commands.arguments import UsageError, build_parser
from engine.errors import EngineError, UnknownModelError
from engine.store import Store, default_data_dir

FAILED, WRONG_USE, INTERRUPTED = 1, 2, 130  # as `main.py` has them


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status: 0, or 1 or 2 with one line of explanation, or 130 after Ctrl+C."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        args = build_parser("adapt").parse_args(argv)
        place = Place(args.data_dir or default_data_dir(), tuple(args.models_dir), args.provider)
        options = AdaptOptions(args.folder, args.model, args.labels, args.only, args.name, args.keep)
        with Store(place.data_dir) as store, tqdm(disable=None) as bar:
            job = adapt(place, store, options)
            while True:
                try:
                    progress = next(job)
                except StopIteration as end:
                    answer = end.value
                    break
                bar.set_description(progress.stage)
                bar.total, bar.n = progress.total, progress.done
                bar.refresh()
    except (UsageError, UnknownModelError) as error:
        print(error, file=sys.stderr)
        return WRONG_USE
    except (EngineError, OSError) as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted; what was done is kept", file=sys.stderr)
        return INTERRUPTED
    if args.json:
        print(json.dumps(answer.value(), indent=2))
    else:
        print("\n".join(answer.lines()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
