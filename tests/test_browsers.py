"""What the checks of pages in Chromium see."""

from browsers import run_script


def test_the_browser_check_sees_what_is_wrong(tmp_path):
    page = tmp_path / 'bad.html'
    page.write_text(
        '<h1>Bad</h1><div style="width: 900px">wide</div><img src="missing.png">'
        '<div style="width: 90px; overflow: hidden; white-space: nowrap">cut off by its box</div>'
        '<p style="color: #aaa; background: #fff">faint</p>'
        '<svg viewBox="0 0 9 9" width="9"><g id="g"><text>name</text></g><use href="#g"/></svg>'
        '<table><tr><th scope="row" style="display: block; width: 20px">squeezed</th></tr></table>'
        '<script>console.error("broken"); alert("hello")</script>'
    )
    found = run_script('check.mjs', page, tmp_path)
    for words in ('broken', 'hello'):
        assert any(words in error for error in found['errors'])
    assert any('missing.png' in request for request in found['requests'])
    for view in found['views']:
        assert any('cut off' in name for name in view['cutOff'])
        assert any('wide' in name for name in view['cutOff']) == (view['width'] == 400)
        assert (view['overflow'] > 0) == (view['width'] == 400)
        assert view['outside'] == ['#g']
        assert any('faint' in name for name in view['faint'])
        assert any('squeezed' in name for name in view['squeezed'])
        assert (view['brokenImages'], view['unnamedImages'], view['scripts']) == (1, 2, 1)
