/** Tries a regular expression on texts, on a thread of its own. It answers when it is done. */

addEventListener("message", ({ data: { source, texts } }) => {
  const pattern = new RegExp(source, "iu");
  for (const text of texts) pattern.test(text);
  postMessage("done");
});
