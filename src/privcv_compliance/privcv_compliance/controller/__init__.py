# SPDX-License-Identifier: Apache-2.0
"""What the controller says of the site in `dpia.yaml`, which documents of all kinds quote."""
