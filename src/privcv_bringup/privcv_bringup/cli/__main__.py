# SPDX-License-Identifier: Apache-2.0
from privcv_bringup.cli import main

main()
