/** @file The text of a lab, made to HTML by the build. Words that act are given the manners of buttons. */
import { site } from "petri:site";

/** @param {string} slug @returns {Promise<DocumentFragment | null>} null if there is none or it cannot be had */
export async function loadStory(slug) {
  const place = Object.hasOwn(site.stories, slug) ? site.stories[slug] : null;
  if (!place) return null;
  try {
    const response = await fetch(new URL(place, document.baseURI));
    if (!response.ok) return null;
    const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
    const fragment = document.createDocumentFragment();
    fragment.append(...parsed.body.childNodes);
    for (const word of fragment.querySelectorAll(".act")) {
      word.setAttribute("role", "button");
      word.setAttribute("tabindex", "0");
      word.removeAttribute("href");
    }
    return fragment;
  } catch {
    // The lab runs without its text; offline this is the one file that may be missing.
    return null;
  }
}
