import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "plots"))  # where result_builder.py is
