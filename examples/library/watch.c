/* watch MODEL PUZZLE: solves a puzzle and prints its line after every segment. Ctrl-C stops it between two segments. */
#include <hrm/hrm.h>
#include <signal.h>
#include <stdio.h>

static hrm_stop *stop;

static void on_signal(int number) {
  (void)number;
  hrm_stop_set(stop);
}

struct watcher {
  const hrm_family *family;
  int cells;
};

static int print_segment(const hrm_segment *segment, void *user) {
  const struct watcher *watcher = user;
  char *line = NULL;
  double least = 1;
  int i;
  if (hrm_family_line(watcher->family, segment->answer, &line, NULL) != HRM_OK) return 1;
  for (i = 0; i < watcher->cells; ++i)
    if (segment->confidence[i] < least) least = segment->confidence[i];
  printf("segment %d: %s  q_halt %+.2f, least sure cell %.2f\n", (int)segment->segment, line, segment->q_halt, least);
  hrm_free(line);
  return 0;
}

int main(int argc, char **argv) {
  hrm_model *model = NULL;
  hrm_puzzles *puzzles = NULL;
  hrm_run *run = NULL;
  char *error = NULL;
  hrm_solve_options options = HRM_SOLVE_OPTIONS;
  hrm_status status;
  if (argc != 3) {
    fprintf(stderr, "usage: watch MODEL PUZZLE\n");
    return HRM_BAD_INPUT;
  }
  stop = hrm_stop_new();
  signal(SIGINT, on_signal);
  options.confidence = 1;
  options.stop = stop;

  status = hrm_model_open(argv[1], NULL, &model, &error);
  if (status == HRM_OK) status = hrm_puzzles_new(hrm_model_family(model), NULL, 0, &puzzles, &error);
  if (status == HRM_OK) status = hrm_puzzles_add_text(puzzles, argv[2], "the puzzle", &error);
  if (status == HRM_OK) {
    struct watcher watcher;
    watcher.family = hrm_model_family(model);
    watcher.cells = (int)hrm_family_cells(watcher.family);
    status = hrm_solve(model, puzzles, &options, print_segment, &watcher, &run, &error);
  }
  if (status == HRM_OK) {
    const hrm_solution *solution = hrm_run_solution(run, 0);
    printf("%s after %d segments%s%s\n", solution->accepted == 1 ? "solved" : "not solved", (int)solution->segments,
           solution->reason[0] ? ": " : "", solution->reason);
  } else {
    fprintf(stderr, "watch: %s\n", error ? error : "out of memory");
  }
  hrm_free(error);
  hrm_run_end(run); /* each takes NULL */
  hrm_puzzles_free(puzzles);
  hrm_model_close(model);
  hrm_stop_free(stop);
  return (int)status;
}
