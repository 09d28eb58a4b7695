/** Recall of both arms at the stages of the funnel, on logs whose truth is known. */
import { afterEach, describe, expect, it } from 'vitest';
import { csv, EvidenceProject, refusal, type Tables } from '../../support/evidence.js';
import { stageLog } from '../../support/funnel-logs.js';
import type { Project } from '../../support/project.js';
import { generator } from '../../support/random.js';

let project: Project;
afterEach(() => project.remove());

function evidence(rules: Record<string, readonly string[]>, tables: Tables): EvidenceProject {
  const own = new EvidenceProject(rules, tables);
  project = own;
  return own;
}

describe('recall-saturation as a gate', () => {
  const RULES = [
    '{metric: retrieval_recall, max_decrease: 2%}',
    '{metric: ranking_recall@10, max_decrease: 2%}',
    '{metric: headroom, min: 5%}',
  ];

  it('passes a treatment that finds more, with room left', async () => {
    const { status, of } = await evidence({ 'recall-saturation': RULES }, { stage_log: stageLog(0.7, 0.8) }).examined(
      'recall-saturation',
    );
    expect(status).toBe(0);
    expect(of('retrieval_recall').value).toBeCloseTo(0.8, 1);
    expect(of('retrieval_recall').unit).toBe('relative');
  });

  it('fails one that finds less, and one without room', async () => {
    const less = await evidence({ 'recall-saturation': RULES }, { stage_log: stageLog(0.8, 0.7) }).examined(
      'recall-saturation',
    );
    expect(less.of('retrieval_recall').verdict).toBe('fail');
    expect(less.of('ranking_recall@10').verdict).toBe('fail');
    project.remove();
    const full = await evidence({ 'recall-saturation': RULES }, { stage_log: stageLog(0.98, 0.98) }).examined(
      'recall-saturation',
    );
    expect(full.of('headroom').verdict).toBe('fail');
  });

  it('is open on few requests', async () => {
    const { of } = await evidence({ 'recall-saturation': RULES }, { stage_log: stageLog(0.7, 0.8, 20) }).examined(
      'recall-saturation',
    );
    expect(of('headroom')).toMatchObject({ verdict: 'inconclusive', why: 'too few requests: 20 of at least 30' });
  });

  it.each<[string, string, RegExp]>([
    [
      'a rank without a utility',
      'request_id,arm,item_id,in_output,is_winner,rank\nr,control,i,1,1,1\n',
      /one of rank and utility/,
    ],
    [
      'an item twice',
      `${stageLog(0.5, 0.5, 2)}r0,control,i0,1,1,1,1\n`,
      /again; expected every \(request_id, arm, item_id\) once/,
    ],
  ])('refuses %s', async (_, text, message) => {
    expect(await refusal(evidence({ 'recall-saturation': [] }, { stage_log: text }))).toMatch(message);
  });
});

describe('requests of both arms', () => {
  /** Both arms find the same items of a request, but for one in twenty. */
  const paired = (requests: number) => {
    const random = generator(21);
    return csv(
      'request_id,arm,item_id,in_output,is_winner',
      Array.from({ length: requests }, (_, q) => {
        const hard = random.uniform() < 0.4;
        return (['control', 'treatment'] as const).flatMap((arm) =>
          Array.from({ length: 5 }, (__, i) => [
            `r${q}`,
            arm,
            `i${i}`,
            random.uniform() < (hard ? 0.03 : 0.97) ? 1 : 0,
            1,
          ]),
        );
      }).flat(),
    );
  };

  it('are pairs, of which the difference is known better than of two samples', async () => {
    const { of } = await evidence(
      { 'recall-saturation': ['{metric: retrieval_recall, max_decrease: 5%}'] },
      { stage_log: paired(400) },
    ).examined('recall-saturation');
    const { upper, lower } = of('retrieval_recall');
    // Two independent samples of requests that are hard or easy: about √(2·0.24/400)/0.6 either way.
    expect((upper - lower) / 2).toBeLessThan(0.5 * 1.65 * (Math.sqrt((2 * 0.22) / 400) / 0.6));
    expect(of('retrieval_recall').verdict).toBe('pass');
  });
});

/** A log of requests for both arms: four items a request are chosen, and each arm gives all but some of them. */
interface Planted {
  readonly requests: number;
  /** Tells if an arm gives the n-th chosen item. */
  readonly gives: (arm: 'control' | 'treatment', n: number, q: number) => boolean;
  readonly surface?: (q: number) => string;
  /** Items a request that were not chosen, given by the treatment alone. */
  readonly more?: number;
}

function joint({ requests, gives, surface, more = 0 }: Planted, chosen = 'is_selected'): string {
  const rows = Array.from({ length: requests }, (_, q) =>
    (['control', 'treatment'] as const).flatMap((arm) => {
      const end = surface ? [surface(q)] : [];
      return [
        ...[0, 1, 2, 3].map((i) => [`r${q}`, arm, `i${i}`, gives(arm, 4 * q + i, q) ? 1 : 0, 1, ...end]),
        ...Array.from({ length: more }, (__, i) => [`r${q}`, arm, `m${i}`, arm === 'treatment' ? 1 : 0, 0, ...end]),
      ];
    }),
  );
  return csv(`request_id,arm,item_id,in_output,${chosen}${surface ? ',surface' : ''}`, rows.flat());
}

/** Every arm misses one of `of`, each another one. */
const oneOf = (of: number) => (arm: 'control' | 'treatment', n: number) => n % of !== (arm === 'control' ? 0 : 1);

describe('recall by construction', () => {
  const found = (stage_log: string) =>
    evidence({ 'recall-saturation': [] }, { stage_log }).examined('recall-saturation');
  /** The treatment was scored beside production: what it alone gave could not be chosen. */
  const shadow = (requests: number, others = false) =>
    joint({
      requests,
      // Items of other sources, which the control did not give: one in fifty.
      gives: (arm, n) => (others && n % 50 === 7 ? false : arm === 'control' || n % 5 !== 0),
      more: 2,
    });

  it('is refused where every chosen item is one arm’s, whatever else was logged', async () => {
    const own = evidence({ 'recall-saturation': [] }, { stage_log: shadow(200) });
    expect(await refusal(own)).toMatch(
      /a control that gave every one of the selected items; .*Recall is 1 by construction .*Log both arms’ candidates/,
    );
  });

  it('is open, and convicts nobody, where other sources’ items were chosen as well', async () => {
    const { hypothesis } = await found(shadow(400, true));
    // Recall 98 % against 78 %: read as it stands it would be saturated, and falling.
    expect(hypothesis).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringMatching(
        /^the log does not show that both arms’ candidates could be chosen.*98 % in control and 78 %/,
      ),
      settle: expect.stringMatching(/^both arms’ candidates for the same requests/),
    });
    project.remove();
    const rules = ['{metric: retrieval_recall, max_decrease: 2%}', '{metric: headroom, min: 5%}'];
    const { findings } = await evidence({ 'recall-saturation': rules }, { stage_log: shadow(400, true) }).examined(
      'recall-saturation',
    );
    expect(findings.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive']);
  });

  it('is open where the treatment gives some of the other sources’ items, too', async () => {
    // Of 32 items of other sources the treatment gives 16, and the control none; of the others it lacks 320.
    const stage_log = joint({
      requests: 400,
      gives: (arm, n) => (n % 50 === 7 ? arm === 'treatment' && n % 100 === 7 : arm === 'control' || n % 5 !== 0),
    });
    const { hypothesis } = await found(stage_log);
    expect(hypothesis!.verdict).toBe('inconclusive');
    expect(hypothesis!.why).toMatch(/^the log does not show that both arms’ candidates could be chosen/);
  });

  it('is not what both arms’ candidates for the same requests have', async () => {
    const { hypothesis } = await found(joint({ requests: 400, gives: oneOf(50) }));
    expect(hypothesis).toMatchObject({ verdict: 'contributing', why: expect.stringMatching(/^saturated/) });
    project.remove();
    const roomy = await found(joint({ requests: 400, gives: oneOf(5) }));
    expect(roomy.hypothesis!.verdict).toBe('inconclusive');
  });

  it('leaves the headroom of requests of one arm each open where it is small, and known where it is large', async () => {
    const split = (misses: number) =>
      csv(
        'request_id,arm,item_id,in_output,is_selected',
        Array.from({ length: 4000 }, (_, n) => [
          `r${n >> 2}`,
          n % 8 < 4 ? 'control' : 'treatment',
          `i${n % 4}`,
          n % misses === 0 ? 0 : 1,
          1,
        ]),
      );
    const rule = { 'recall-saturation': ['{metric: headroom, min: 1%}'] };
    const few = await evidence(rule, { stage_log: split(51) }).examined('recall-saturation');
    expect(few.of('headroom')).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringMatching(/does not show that both arms’ candidates could be chosen/),
    });
    project.remove();
    const many = await evidence(rule, { stage_log: split(5) }).examined('recall-saturation');
    expect(many.of('headroom').verdict).toBe('pass');
  });
});

describe('segments of recall', () => {
  const halves = (q: number) => (q < 600 ? 'home' : 'search');
  /** Home misses one of fifty, search one of five. */
  const both = (surface: (q: number) => string, requests = 1000) =>
    joint({
      requests,
      gives: (arm, n, q) => oneOf(surface(q) === 'home' ? 50 : 5)(arm, n),
      surface,
    });

  it('have a verdict each: saturated on one surface, not on another', async () => {
    const { hypothesis } = await evidence({ 'recall-saturation': [] }, { stage_log: both(halves) }).examined(
      'recall-saturation',
    );
    expect(hypothesis!.verdict).toBe('contributing');
    expect(hypothesis!.why).toMatch(/^saturated on surface=home, not on surface=search/);
    expect(hypothesis!.why).toMatch(
      /surface=home \(60 % of the selected items\): recall 98 % in control and 98 % in treatment, saturated;/,
    );
  });

  it('are judged by rules, each by itself', async () => {
    const { findings, of } = await evidence(
      { 'recall-saturation': ['{metric: headroom, min: 10%}', '{metric: retrieval_recall, max_decrease: 5%}'] },
      { stage_log: both(halves) },
    ).examined('recall-saturation');
    expect(findings).toHaveLength(6);
    // Counted by hand: of the 2,400 items of home every 50th is missed, of the 1,600 of search every 5th.
    expect(of('headroom', { surface: 'home' }).value).toBeCloseTo(48 / 2400, 12);
    expect(of('headroom', { surface: 'home' }).verdict).toBe('fail');
    expect(of('headroom', { surface: 'search' }).value).toBeCloseTo(320 / 1600, 12);
    expect(of('headroom', { surface: 'search' }).verdict).toBe('pass');
    expect(findings[0]!.value).toBeCloseTo(368 / 4000, 12);
  });

  it('of next to nothing of what is chosen convict nobody', async () => {
    // Home is a twentieth of the requests; recall rises elsewhere, and there is room.
    const rare = (q: number) => (q < 200 ? 'home' : 'search');
    const stage_log = joint({
      requests: 4000,
      gives: (arm, n, q) => (rare(q) === 'home' ? oneOf(50)(arm, n) : arm === 'control' ? n % 5 !== 0 : n % 8 !== 1),
      surface: rare,
    });
    const { hypothesis } = await evidence({ 'recall-saturation': [] }, { stage_log }).examined('recall-saturation');
    expect(hypothesis!.verdict).toBe('ruled_out');
    expect(hypothesis!.why).toMatch(/saturated on surface=home, not on surface=search/);
  });

  it('in which recall falls keep the whole from being ruled out, and convict nobody', async () => {
    // Recall rises by 25 points on four fifths of the requests, and falls by 10 on the others.
    const stage_log = joint({
      requests: 1000,
      gives: (arm, n, q) =>
        q < 800 ? (arm === 'control' ? n % 2 === 0 : n % 4 !== 1) : arm === 'control' ? n % 5 !== 0 : n % 10 > 2,
      surface: (q) => (q < 800 ? 'search' : 'home'),
    });
    const { hypothesis } = await evidence({ 'recall-saturation': [] }, { stage_log }).examined('recall-saturation');
    expect(hypothesis!.verdict).toBe('inconclusive');
    expect(hypothesis!.why).toMatch(/^recall falls on surface=home; recall moves, and there is room/);
  });

  it('reads either spelling of a column, and says it as it was written', async () => {
    const stage_log = both(halves).replace(',surface\n', ',optimization_type\n');
    const { hypothesis } = await evidence({ 'recall-saturation': [] }, { stage_log }).examined('recall-saturation');
    expect(hypothesis!.why).toMatch(/saturated on optimization_type=home, not on optimization_type=search/);
  });

  it.each<[string, string, RegExp]>([
    ['ids as segments', both((q) => `s${q}`, 60), /60 values of surface; expected at most 50.*Put rare ones together/],
    [
      'what is chosen under both of its names',
      joint({ requests: 2, gives: oneOf(5) }, 'is_winner,is_selected').replaceAll(/(\d)\n/g, '$1,1\n'),
      /a table stage_log with "is_selected" and "is_winner", names of one column; expected one of them/,
    ],
  ])('refuses %s', async (_, stage_log, message) => {
    expect(await refusal(evidence({ 'recall-saturation': [] }, { stage_log }))).toMatch(message);
  });
});
