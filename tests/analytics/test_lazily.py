"""A server that nobody asks for an analysis does without what analyses take."""

import subprocess
import sys


def test_the_server_starts_without_the_libraries_of_analyses():
    code = (
        "import sys, headwater.app.control, headwater.analytics.lazily as lazily\n"
        "heavy = {'ibis.expr', 'scipy', 'statsmodels', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "lazily.load()\n"
        "assert 'ibis.expr' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
