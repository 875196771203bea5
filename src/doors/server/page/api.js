// Who answers the page: the server that it came from, or the WebAssembly module beside it (module.js, in the static folder
// of `make web`, whose index.html says so). Both have the same functions:
//
//   models()              the models that there are; one without a family is described by describe() once it is chosen
//   describe(model)       likewise, with family, parameters and cells
//   open(file)            a model file of the user's, described; where opensModels
//   solve(request, signal)   events {name, data} as docs/server.md has them; the signal stops it
//   runs(), log(name, offset)   training runs of the server; where hasRuns
//
// They throw ApiError.
const chosen = document.querySelector('meta[name="engine"]').content;
export const api = (await import(chosen === "module" ? "./module.js" : "./server.js")).engine;
