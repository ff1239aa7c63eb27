// The screen of a round’s vote: figures as they come.
import { fill } from "./clock.js";
import { follow, inThousands, pointsInWords, pounds, shapeOf, widthOfPoints } from "./live.js";
import { Projector, write } from "./projector.js";

const titles = new Map(Object.entries(JSON.parse(document.getElementById("titles").textContent)));
const projector = new Projector([".screen__head", ".screen__stage", ".screen__foot"]);

function show(tally) {
  const said = projector.said;
  if (shapeOf(tally) !== said.shape) {
    projector.redraw();
    return;
  }
  figure("turnout", inThousands(tally.turnout));
  if (!tally.figures) return;
  figure("left", pounds(tally.budget_pence - tally.spent_pence));
  figure("covered", fill(said.covered, { covered: inThousands(tally.covered), turnout: inThousands(tally.turnout) }));
  const funded = tally.figures.filter((figure) => figure.funded).length;
  figure("if_closed_now", fill(funded === 1 ? said.oneFunded : said.manyFunded, { num: inThousands(funded) }));
  drawBars(tally.figures);
}

const figure = (name, words) => write(document.querySelector(`[data-figure="${name}"]`), words);

function drawBars(figures) {
  const list = document.querySelector("[data-tally]");
  if (!list) return; // counted: the outcome, or a picture of it, stands there
  const rows = list.children, words = list.dataset;
  const mostPoints = Math.max(1, ...figures.map((figure) => figure.score ?? 0));
  const most = Math.max(1, ...figures.map((figure) => figure.votes));
  [...rows].forEach((row, place) => {
    const figure = figures[place];
    row.dataset.project = figure.code;
    row.classList.toggle("screen__row--funded", figure.funded);
    row.querySelector("[data-title]").textContent = titles.get(figure.code) ?? "";
    row.querySelector("[data-cost]").textContent = pounds(figure.cost_pence);
    const points = row.querySelector("[data-score]"), num = inThousands(figure.votes);
    row.querySelector("[data-votes]").textContent = points ? fill(figure.votes === 1 ? words.oneVote : words.manyVotes, { num }) : num;
    if (points) points.textContent = pointsInWords(figure.score, words);
    row.querySelector("[data-note]").textContent = figure.funded ? projector.said.would : "";
    row.querySelector("[data-bar]").setAttribute("width", points ? widthOfPoints(figure.score, mostPoints) : Math.round((figure.votes * 1000) / most));
  });
}

function heard(tally, askedAt, sentAt) {
  if (askedAt === undefined) projector.clock.overheard(tally.now);
  else projector.clock.heard(tally.now ?? sentAt, askedAt);
  projector.heard();
}

const { screen, address } = projector.said;
follow(Number(screen), address, show, { heard, reached: (isReached) => projector.reached(isReached) });
