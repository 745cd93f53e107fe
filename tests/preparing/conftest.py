import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # where naive.py is
sys.path.append(str(Path(__file__).parent))  # where prepared_maps.py is
