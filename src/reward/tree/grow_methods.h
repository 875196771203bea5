// The methods of growing one tree (GrowMethod). Each is a program that uses GrowingTree; work that may run concurrently
// is passed to `spawn`, and must not be waited for.
#pragma once

#include <functional>
#include <memory>

#include "tree/growing_tree.h"

namespace hrm::tree {

using Spawn = std::function<void(std::function<void()>)>;

// Every node down to the settings' depth gets its children; nodes are independent.
void grow_breadth_first(const std::shared_ptr<GrowingTree>& tree, int32_t node, const Spawn& spawn);

// PUCT (Silver et al. 2017): down from the root by the largest W/N + c P sqrt(N of the parent) / (1 + N), P being the
// share of the parent's samples that said the same; a node that is reached for the first time is expanded, its
// likeliest child is rolled out to the end, and a correct answer (1) or another (0) is added to N and W all the way up.
void grow_by_tree_search(GrowingTree& tree);

// OmegaPRM (Luo et al. 2024): a wrong rollout of a node from which some rollouts end correctly is searched by halves
// for its first step from which none does, `rollouts` continuations per probe; those of the probes are the next to be
// searched. Picked by alpha^(1 - mc) beta^(words / 500) + c sqrt(sum of N) / (1 + N), alpha 0.5, beta 0.9; at most
// `simulations` of them.
void grow_by_first_error(GrowingTree& tree);

// `children` whole solutions, whose steps become nodes. Each is rolled out until an end is right (kRollouts,
// Math-Shepherd's hard labels), or until the Beta interval is narrow (kAdaptive), at most `rollouts` times.
void grow_by_rollouts(const std::shared_ptr<GrowingTree>& tree, const Spawn& spawn);

// `children` whole solutions, kept as rollouts of the root: how hard is the problem for this policy?
void grow_solutions(GrowingTree& tree);

void grow_tree(const std::shared_ptr<GrowingTree>& tree, const Spawn& spawn);

}  // namespace hrm::tree
