/** The example swarms, as functions. */
export type {
  NodeProgress,
  NodeRole,
  NodeTraffic,
  Scenario,
  ScenarioCheck,
  ScenarioEvent,
  ScenarioFigure,
  ScenarioOptions,
  ScenarioResult,
} from './scenario.js';
export { scenarios } from './scenarios.js';
