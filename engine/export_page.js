"use strict";
// Builds the rows that are on the screen and empties those that are not. Names only ever become text, never markup.
const data = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("main");
const choice = document.getElementById("section");
const filter = document.getElementById("filter");

function element(kind, className, text) {
  const made = document.createElement(kind);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function figure(photo, rank, distance) {
  const made = element("figure");
  const picture = element("div", "picture");
  if (data.thumbnails[photo]) {
    const image = element("img");
    image.src = "data:image/jpeg;base64," + data.thumbnails[photo];
    image.alt = data.names[photo];
    picture.append(image);
  } else {
    picture.append(element("span", "none", "no picture"));
  }
  const caption = element("figcaption");
  if (rank !== undefined) {
    const numbers = element("span", "numbers");
    numbers.append(element("b", "", rank), element("span", "", distance.toFixed(4)));
    numbers.title = "distance " + distance;
    caption.append(numbers);
  }
  const name = element("span", "", data.names[photo].split("/").pop());
  name.title = data.names[photo];
  caption.append(name);
  made.append(picture, caption);
  return made;
}

function fill(article) {
  const [query, photos, distances, ranks] = article.row;
  const asked = element("div", "query");
  asked.append(figure(query));
  const results = element("div", "results");
  photos.forEach((photo, i) => results.append(figure(photo, ranks ? ranks[i] : i + 1, distances[i])));
  if (!photos.length) results.append(element("p", "none", "nothing within this distance"));
  article.replaceChildren(asked, results);
}

const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const article = entry.target;
    if (entry.isIntersecting) {
      fill(article);
      article.style.minHeight = "";
    } else if (article.firstChild) {
      article.style.minHeight = article.offsetHeight + "px";
      article.replaceChildren();
    }
  }
}, { rootMargin: "600px" });

function show() {
  watcher.disconnect();
  const tile = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--tile"));
  const columns = Math.max(1, Math.floor((main.clientWidth - tile - 65) / (tile + 8)));
  const line = tile + 26;
  const wanted = filter.value.toLowerCase();
  const rows = data.sections[choice.value].rows.filter((row) => data.names[row[0]].toLowerCase().includes(wanted));
  main.replaceChildren(...rows.map((row) => {
    const article = element("article");
    article.row = row;
    // A guess that keeps the scroll bar honest until the row has been seen.
    article.style.minHeight = line * Math.max(1, Math.ceil(row[1].length / columns)) + "px";
    watcher.observe(article);
    return article;
  }));
  document.getElementById("count").textContent = rows.length + (rows.length === 1 ? " query" : " queries");
}

data.sections.forEach((section, number) => {
  const option = element("option", "", section.model + ", " + section.metric);
  option.value = number;
  choice.append(option);
});
document.getElementById("sections").hidden = data.sections.length < 2;
const header = document.querySelector("header");
const measure = () => document.documentElement.style.setProperty("--header", header.offsetHeight + "px");
measure();
addEventListener("resize", measure);
function start() {
  show();
  scrollTo(0, 0); // another list: its first query, wherever the last one was left
}
choice.addEventListener("change", start);
filter.addEventListener("input", start);
show();
