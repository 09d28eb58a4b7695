/** Under which names a policy and a release are judged, before either is read in earnest. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Workspace } from '../../src/data/artefacts/files.js';
import { BasePolicy } from '../../src/host/base-policy.js';
import { Commit } from '../../src/host/git.js';
import { subjectNames } from '../../src/host/subject.js';
import { Repository } from '../support/repository.js';

let repository: Repository;
beforeEach(() => {
  repository = new Repository();
  repository.write('gates/a.yml', 'policy: gate\n').write('models/b.yml', 'release: model\n');
});
afterEach(() => repository.remove());

const FILES = { policy: 'gates/a.yml', release: 'models/b.yml' };

function names(origin?: BasePolicy, files = FILES) {
  const inside = { policy: repository.path(files.policy), release: repository.path(files.release) };
  return subjectNames(inside, origin, new Workspace(repository.folder));
}

describe('the names', () => {
  it('are those that the files give themselves', () => {
    expect(names()).toEqual({
      policy: { path: 'gates/a.yml', name: 'gate' },
      release: { path: 'models/b.yml', name: 'model' },
    });
  });

  it('are those of the files where these do not say, or cannot be read', () => {
    repository.write('gates/a.yml', 'checks: {}\n').write('models/b.yml', Buffer.alloc(1_048_577, 35));
    expect(names()).toMatchObject({ policy: { name: 'a' }, release: { name: 'b' } });
    expect(names(undefined, { policy: 'gates/none.yaml', release: 'models' })).toEqual({
      policy: { path: 'gates/none.yaml', name: 'none' },
      release: { path: 'models', name: 'models' },
    });
  });

  it('have their paths beside them where another file bears the same, committed or not', () => {
    repository.write('gates/other.yml', 'policy: gate\n').write('models/others.yml', 'release: models\n');
    expect(names()).toMatchObject({ policy: { name: 'gate (gates/a.yml)' }, release: { name: 'model' } });
    repository.commit();
    expect(names()).toMatchObject({ policy: { name: 'gate (gates/a.yml)' }, release: { name: 'model' } });
  });

  it('are the base’s of a policy that it judges by, and the change’s of the release', () => {
    const origin = new BasePolicy(Commit.open(repository.folder, repository.commit()));
    repository.write('gates/a.yml', 'policy: renamed\n').write('models/b.yml', 'release: renamed\n');
    expect(names(origin)).toMatchObject({ policy: { name: 'gate' }, release: { name: 'renamed' } });
  });

  it('are the checkout’s of a policy that the base has in no form that can be read', () => {
    repository.write('gates/a.yml', Buffer.from([0xff]));
    const origin = new BasePolicy(Commit.open(repository.folder, repository.commit()));
    repository.write('gates/a.yml', 'policy: now\n');
    expect(names(origin)).toMatchObject({ policy: { name: 'now' } });
  });
});
