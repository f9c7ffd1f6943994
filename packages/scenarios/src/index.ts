/** The example swarms, as functions. */
export type {
  NodeProgress,
  NodeTraffic,
  Scenario,
  ScenarioEvent,
  ScenarioFigure,
  ScenarioOptions,
  ScenarioResult,
} from './scenario.js';
export { scenarios } from './scenarios.js';
