import type { ScenarioName } from './scenarios.js';
import { runTrial, type Subject, savedValue, type Trial } from './trial.js';

/** Courses of events that nothing interferes with, each run once when it is first asked for. */
export class CleanTrials {
  readonly #subject: Subject;
  readonly #trials = new Map<ScenarioName, Promise<Trial>>();

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** The trial of a course of events. */
  of(name: ScenarioName): Promise<Trial> {
    let trial = this.#trials.get(name);
    if (trial === undefined) {
      trial = this.#run(name);
      this.#trials.set(name, trial);
    }
    return trial;
  }

  /**
   * What a session saved with the extension in it. Where the extension neither saves nor loads anything, a
   * value is put in its place, so that there is something to load.
   */
  async savedState(): Promise<Uint8Array> {
    const { state, arena } = await this.of('download');
    if (savedValue(state, arena.name) !== undefined) return state;
    const extension = this.#subject.createExtension('local');
    if (typeof extension !== 'function' && extension.loadState !== undefined) return state;
    const interference = (): { id: 'session.saveState'; act: () => number } => ({
      id: 'session.saveState',
      act: () => 0,
    });
    return (await runTrial(this.#subject, 'download', { interference })).state;
  }

  async #run(name: ScenarioName): Promise<Trial> {
    if (name !== 'saving') return runTrial(this.#subject, name);
    const { state } = await this.of('download');
    return runTrial(this.#subject, name, { state });
  }
}
