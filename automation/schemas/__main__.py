"""`make schemas`: write the schemas into the repository."""

from automation.schemas.documents import schemas
from automation.schemas.lines import FOLDER
from shared.layers import ROOT


def main() -> None:
    """Write each file."""
    folder = ROOT / FOLDER
    folder.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text)
        print(f"wrote {FOLDER}/{name}")


if __name__ == "__main__":
    main()
