# SPDX-License-Identifier: Apache-2.0
"""What documents rest on: the audit log, signed records, files on disk, running processes."""
