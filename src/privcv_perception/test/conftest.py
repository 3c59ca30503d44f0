# SPDX-License-Identifier: Apache-2.0
"""Makes what several tests share importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
