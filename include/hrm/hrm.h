/* The C interface of hrm: loads reasoning models, reads and solves puzzles, measures models, and (in builds with
 * libtorch) scores reasoning steps with reward models. docs/library.md is the guide, with an example.
 *
 * Errors. A function that can fail returns a status. Where that is not HRM_OK, its results are NULL, 0 or as before, and
 * *error, unless error is NULL, is one line of text: the words of the command line, to be freed with hrm_free(). On
 * success *error is NULL. No exception leaves the library, and it neither prints nor exits.
 *
 * Memory. What an _open, _new or _begin function made is closed by its own function; each of these takes NULL. Texts
 * that a function writes to a char ** belong to the caller: hrm_free(). What a function returns as const belongs to the
 * handle and lives as long as it, unless its comment says less. Handles keep what they need: a model may be closed
 * before its runs are.
 *
 * Threads. Different handles may be used by different threads at once. A model, a scorer and a family may be used by
 * several threads at once too: the arithmetic of one model or scorer takes turns (of a model segment by segment). A
 * hrm_puzzles or hrm_run is for one thread at a time. hrm_stop_set() may be called at any time from any thread, also in
 * a signal handler. Do not fork while a handle is in use.
 *
 * Texts are UTF-8. Tokens are int32_t; a puzzle is `cells` of them, row by row.
 *
 * Stability. The structs of options begin with their size, and new fields are added at their end: a program built
 * against this header runs with later libraries of the same major version. Before 1.0.0 the minor version counts as the
 * major one. Initialize them with their macro: hrm_solve_options options = HRM_SOLVE_OPTIONS;
 */
#ifndef HRM_HRM_H
#define HRM_HRM_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define HRM_API __attribute__((visibility("default")))
#else
#define HRM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The exit codes of the program. */
typedef enum hrm_status {
  HRM_OK = 0,
  HRM_FAILURE = 1,   /* something broke: out of memory, a disk */
  HRM_BAD_INPUT = 2, /* an argument, a file or a puzzle that the caller can mend */
  HRM_STOPPED = 130  /* a hrm_stop or a callback ended it */
} hrm_status;

HRM_API const char* hrm_version(void); /* "0.1.0" */
HRM_API int hrm_has_libtorch(void);    /* 1: reward models and the devices of libtorch are there */
HRM_API void hrm_free(void* memory);

/* What the calls of this thread had to say since the last time it asked, one message a line (for instance with which
 * digits a 16x16 grid is read); NULL if nothing. hrm_free() it. At most the last 100 messages are kept. */
HRM_API char* hrm_take_messages(void);

/* A request to stop, which options name. It stays set. */
typedef struct hrm_stop hrm_stop;
HRM_API hrm_stop* hrm_stop_new(void); /* NULL: out of memory */
HRM_API void hrm_stop_set(hrm_stop* stop);
HRM_API void hrm_stop_free(hrm_stop* stop); /* after the calls that were given it have returned */

/* ---- Families of puzzles: how a text becomes tokens, and the rules ---- */

typedef struct hrm_family hrm_family;

/* A JSON object as hrm_family_json() gives it: {"family": "sudoku", "box_rows": 3, "box_columns": 3}, {"family":
 * "maze", "height": 30, "width": 30}, ... */
HRM_API hrm_status hrm_family_open(const char* description, hrm_family** family, char** error);
HRM_API void hrm_family_close(hrm_family* family);
HRM_API const char* hrm_family_json(const hrm_family* family);
HRM_API int64_t hrm_family_cells(const hrm_family* family);
HRM_API int64_t hrm_family_vocabulary(const hrm_family* family); /* tokens are below it */
HRM_API int hrm_family_has_rules(const hrm_family* family);      /* 0: only a stored answer can tell right from wrong */
/* The grid on one line, in a form that hrm_puzzles_add_text() reads. tokens: [cells]. */
HRM_API hrm_status hrm_family_line(const hrm_family* family, const int32_t* tokens, char** text, char** error);
/* The grid as lines of text, the givens set apart. question: [cells], or NULL. */
HRM_API hrm_status hrm_family_render(const hrm_family* family, const int32_t* tokens, const int32_t* question,
                                     char** text, char** error);
/* Do the rules accept the answer to this question? *accepted is 1 or 0; *reason says what is wrong, empty if nothing
 * (may be NULL). Without rules only the form of the answer is checked. */
HRM_API hrm_status hrm_family_check(const hrm_family* family, const int32_t* question, const int32_t* answer,
                                    int* accepted, char** reason, char** error);

/* ---- Puzzles to be solved ---- */

typedef struct hrm_puzzles hrm_puzzles;

/* symbols: the characters of the cells (hrm solve --symbols); NULL: as each text tells. keep_going: puzzles that cannot
 * be read, or that contradict themselves, are skipped and listed; else the first of them is HRM_BAD_INPUT. */
HRM_API hrm_status hrm_puzzles_new(const hrm_family* family, const char* symbols, int keep_going, hrm_puzzles** puzzles,
                                   char** error);
HRM_API void hrm_puzzles_free(hrm_puzzles* puzzles);
/* Each adds all puzzles that it finds, or after a fault none. source: how messages and results name the text. */
HRM_API hrm_status hrm_puzzles_add_text(hrm_puzzles* puzzles, const char* text, const char* source, char** error);
HRM_API hrm_status hrm_puzzles_add_file(hrm_puzzles* puzzles, const char* path, char** error);
/* What the numbers of an array are. Only Sudoku has two readings: digits with 0 for a blank, and tokens (1 for a blank,
 * digit + 1). HRM_CELLS_EITHER takes the one that fits, and is refused where both do. */
typedef enum hrm_cells { HRM_CELLS_EITHER = 0, HRM_CELLS_TOKENS = 1, HRM_CELLS_DIGITS = 2 } hrm_cells;
/* cells: [count, cells]. */
HRM_API hrm_status hrm_puzzles_add_cells(hrm_puzzles* puzzles, const int32_t* cells, size_t count, hrm_cells numbers,
                                         const char* source, char** error);
HRM_API size_t hrm_puzzles_count(const hrm_puzzles* puzzles);
/* Of puzzle i < count, else NULL. Until the next add. */
HRM_API const int32_t* hrm_puzzles_tokens(const hrm_puzzles* puzzles, size_t i);
HRM_API const char* hrm_puzzles_source(const hrm_puzzles* puzzles, size_t i);
/* With keep_going: those left out, and why. Of skipped puzzle i < skipped, else NULL. */
HRM_API size_t hrm_puzzles_skipped(const hrm_puzzles* puzzles);
HRM_API const char* hrm_puzzles_skipped_source(const hrm_puzzles* puzzles, size_t i);
HRM_API const char* hrm_puzzles_skipped_reason(const hrm_puzzles* puzzles, size_t i);

/* ---- Reasoning models ---- */

typedef struct hrm_model hrm_model;

typedef struct hrm_model_options {
  size_t size;
  const char* family;          /* a name or a description; NULL: the model's own */
  const char* device;          /* "cpu", "cuda", "cuda:1"; NULL: "cpu" */
  const char* precision;       /* "float32", "bfloat16", "int8"; NULL: the model's own */
  size_t threads;              /* 0: HRM_THREADS, else all processors */
  int averaged;                /* 1: the averaged weights where a checkpoint has both */
  const char* const* settings; /* "arch.H_cycles=2", "data.seq_len=81": what the file does not say */
  size_t setting_count;
} hrm_model_options;
#define HRM_MODEL_OPTIONS \
  { sizeof(hrm_model_options), NULL, NULL, NULL, 0, 1, NULL, 0 }

/* path: a model file, a run folder of hrm train, or a checkpoint of the authors. options: NULL for the defaults. */
HRM_API hrm_status hrm_model_open(const char* path, const hrm_model_options* options, hrm_model** model, char** error);
HRM_API void hrm_model_close(hrm_model* model);
/* {"path", "family", "parameters", "table_parameters", "cells", "vocabulary", "segments", "device"} */
HRM_API const char* hrm_model_json(const hrm_model* model);
HRM_API const hrm_family* hrm_model_family(const hrm_model* model); /* not to be closed */

/* ---- Solving ---- */

typedef struct hrm_run hrm_run; /* some puzzles on their way, and what came of them */

typedef struct hrm_solve_options { /* docs/solving.md: the flags of hrm solve, with its defaults */
  size_t size;
  int64_t segments;   /* at most; 0: the model's own limit */
  int halting;        /* 0: always all segments */
  double halt_margin; /* above 0 the model runs longer, below 0 shorter */
  int64_t views;      /* while the rules reject the answer, symmetries of the puzzle, at most this many views */
  int complete;       /* 1: an exact search completes what the model does not solve */
  int64_t
      model_runs; /* with complete: maximum runs of the model on reduced puzzles, per puzzle; 0: only the first run */
  size_t batch;   /* puzzles side by side; affects speed, not answers */
  uint64_t seed;
  int confidence; /* 1: hrm_segment has the probability of each cell; costs time */
  hrm_stop* stop; /* or NULL. Asked after every segment, and by the search */
} hrm_solve_options;
#define HRM_SOLVE_OPTIONS \
  { sizeof(hrm_solve_options), 0, 1, 0.0, 1, 0, 1, 64, 0, 0, NULL }

typedef struct hrm_segment { /* a puzzle after one segment */
  size_t puzzle;             /* its number */
  int64_t view;              /* 0: the puzzle itself; else a symmetry of it, mapped back */
  int64_t segment;           /* of this view, from 1 */
  const int32_t* answer;     /* [cells] */
  const float* confidence;   /* [cells] probability of each answered token, or NULL */
  float q_halt, q_continue;
  float residual_H, residual_L; /* |z_new - z_old| / |z_new| of the last call of each net */
  int last;                     /* 1: the puzzle has its result */
} hrm_segment;

typedef struct hrm_solution {
  const char* source;      /* of the puzzle */
  const int32_t* question; /* [cells] */
  const int32_t* answer;   /* [cells]; NULL: stopped before it was finished, and the next six fields mean nothing */
  int64_t segments;        /* that its view ran */
  int64_t view;            /* that solved it; 0: the puzzle itself, or none did */
  int halted;              /* 1: the model asked to halt; 0: it reached the limit */
  int accepted;            /* 1: the rules accept the answer; 0: they do not; -1: the family has no rules */
  double confidence;       /* sigmoid of the last q_halt: the model's own estimate of being right */
  const char* reason;      /* what is wrong; empty if nothing */
  /* With options.complete, else NULL. */
  const int32_t* completed; /* [cells] the model's answer where the rules accept it, else the search's; NULL: none */
  const char* completed_by; /* "model" or "search" */
  const char* solutions;    /* "one", "several", "none", "some" (mazes), "undecided" (stopped) */
  const char* completion_reason; /* where two solutions differ, or why no solution exists */
} hrm_solution;

/* Begins to solve all puzzles; nothing is computed yet. The puzzles are copied. */
HRM_API hrm_status hrm_run_begin(hrm_model* model, const hrm_puzzles* puzzles, const hrm_solve_options* options,
                                 hrm_run** run, char** error);
/* One segment of up to options.batch puzzles. *segments: [*count], in no particular order, until the next call of this
 * run; *count is 0 when all is done. HRM_STOPPED once options.stop is set: results of unfinished puzzles then have no
 * answer. segments and count may be NULL. With options.complete, the call after the last segment makes the search. */
HRM_API hrm_status hrm_run_next(hrm_run* run, const hrm_segment** segments, size_t* count, char** error);
HRM_API void hrm_run_end(hrm_run* run);
HRM_API size_t hrm_run_count(const hrm_run* run); /* of its puzzles */
/* Of puzzle i < count, else NULL; until the next hrm_run_next(). */
HRM_API const hrm_solution* hrm_run_solution(const hrm_run* run, size_t i);
/* The JSON of hrm solve --json. steps: with what came of every segment. */
HRM_API hrm_status hrm_run_json(const hrm_run* run, int steps, char** json, char** error);

/* Nonzero: stop. */
typedef int (*hrm_on_segment)(const hrm_segment* segment, void* user);
/* All of the above: begins, calls on_segment (may be NULL) for every segment of every puzzle on this thread, and
 * returns the finished run. The callback must not throw, and may use any handle but this run. */
HRM_API hrm_status hrm_solve(hrm_model* model, const hrm_puzzles* puzzles, const hrm_solve_options* options,
                             hrm_on_segment on_segment, void* user, hrm_run** run, char** error);

/* ---- Measuring a model on a data set ---- */

typedef struct hrm_evaluate_options { /* docs/solving.md: the flags of hrm eval, with its defaults */
  size_t size;
  const char* split; /* NULL: "test" */
  int64_t segments;  /* at most; 0: the model's own limit */
  int halting;       /* 0: always all segments */
  double halt_margin;
  int64_t limit;    /* this many puzzles, spread evenly; 0: all */
  int64_t views;    /* runs per puzzle, of which one is selected */
  int until_solved; /* more views only for puzzles whose answers the rules have rejected so far */
  size_t batch;
  uint64_t seed;
  hrm_stop* stop; /* or NULL. Once it is set: HRM_STOPPED and no result */
} hrm_evaluate_options;
#define HRM_EVALUATE_OPTIONS \
  { sizeof(hrm_evaluate_options), NULL, 0, 1, 0.0, 0, 1, 0, 256, 0, NULL }

/* folder: a data set. *json: as of hrm eval --json, without its field "averaged". */
HRM_API hrm_status hrm_evaluate(hrm_model* model, const char* folder, const hrm_evaluate_options* options, char** json,
                                char** error);

/* ---- Reward models ---- */

typedef struct hrm_scorer hrm_scorer;

typedef struct hrm_scorer_options {
  size_t size;
  const char* device; /* "cpu", "cuda", "cuda:1"; NULL: "cpu" */
  size_t threads;     /* 0: HRM_THREADS, else all processors */
} hrm_scorer_options;
#define HRM_SCORER_OPTIONS \
  { sizeof(hrm_scorer_options), NULL, 0 }

/* path: a reward model's folder, or a run folder of hrm reward train (builds with libtorch); or "truth", which judges
 * steps of the arithmetic world exactly (any build; docs/search.md). */
HRM_API hrm_status hrm_scorer_open(const char* path, const hrm_scorer_options* options, hrm_scorer** scorer,
                                   char** error);
HRM_API void hrm_scorer_close(hrm_scorer* scorer);
HRM_API const char* hrm_scorer_name(const hrm_scorer* scorer);

typedef struct hrm_steps { /* a solution */
  const char* const* texts;
  size_t count; /* 1 or more */
} hrm_steps;
/* Scores the steps of solutions of one problem, each step given those before it; higher is better. What solutions begin
 * with alike is read once. scores: room for the steps of all solutions, one solution after another. */
HRM_API hrm_status hrm_scorer_score(hrm_scorer* scorer, const char* problem, const hrm_steps* solutions, size_t count,
                                    double* scores, char** error);

/* ---- Grading ---- */

/* Does an answer equal the gold answer (docs/grading.md)? 1: yes; 0: no; -1: undecided. NULL is an empty text. */
HRM_API int hrm_grade(const char* given, const char* gold);

#ifdef __cplusplus
}
#endif

#endif
