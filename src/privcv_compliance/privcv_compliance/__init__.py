# SPDX-License-Identifier: Apache-2.0
"""What a data protection officer needs: answers, assessment, notice, the guard of the graph."""
