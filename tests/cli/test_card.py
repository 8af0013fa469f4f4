import json

import programs


def test_the_card_of_a_run_is_printed_and_written(trained, tmp_path):
    folder, _ = trained
    text = programs.run_here('card', folder).stdout
    assert text.startswith('---\n') and '# run' in text
    card = json.loads(programs.run_here('card', folder, '--json').stdout)
    assert card['name'] == 'run' and len(card['examples']) == 3 and card['copies'] is not None
    assert sum(source['files'] for source in card['sources']) > 10
    output = f'--output={tmp_path / "README.md"}'
    programs.run_here('card', folder / 'melodyvae.model', output)
    assert (tmp_path / 'README.md').read_text() == text
    refused = programs.run_here('card', folder, output)
    assert 'exists already' in programs.sentence(refused)


def test_the_flags_of_training_are_in_the_card(trained):
    folder, _ = trained
    card = json.loads(programs.run_here('card', folder, '--json').stdout)
    assert [card[key] for key in ('author', 'license', 'about')] == ['Me', 'cc0-1.0', 'Airs']
    assert card['tags'] == ['folk', 'airs']
    assert {source['license'] for source in card['sources']} == {'mine'}
    about = json.loads((folder / 'about.json').read_text())
    assert about['source_licenses'] == {'': 'mine', 'O=Neill': 'pd'}
    page = (folder / 'play.html').read_text()
    assert 'About this model' in page and 'Airs' in page
