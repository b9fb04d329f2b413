// Ends a program that has not ended by itself when time is up. To import it is enough.
const seconds = Number(process.env.TEST_TIMEOUT_SECONDS ?? "10");
setTimeout(() => {
  console.error("no answer in time");
  process.exit(1);
}, seconds * 1000).unref();
