// FLINT and Arb (exact polynomials, ball arithmetic), loaded on first use: both are LGPL, and `hrm` starts without
// them.
//
// What they work on is opaque here: room at least as large as their types in FLINT 2.9 to 3.x on 64-bit systems, so
// that their headers are not needed. Pointers carry FLINT's own names; its manual describes them.
#pragma once

#include <cstddef>
#include <string_view>

namespace hrm::grading {

template <size_t kBytes>
struct alignas(16) Opaque {
  std::byte bytes[kBytes];
};
using Fmpq = Opaque<32>;              // rational number
using PolynomialRing = Opaque<2048>;  // fmpq_mpoly_ctx
using Polynomial = Opaque<128>;       // fmpq_mpoly
using Arf = Opaque<32>;               // floating-point number of any precision
using Arb = Opaque<48>;               // real ball
using Acb = Opaque<96>;               // complex ball: real part, imaginary part

// name, result, parameters
#define HRM_EXACT_FUNCTIONS(F)                                                                        \
  F(flint_cleanup, void, ())                                                                          \
  F(fmpq_init, void, (Fmpq*))                                                                         \
  F(fmpq_clear, void, (Fmpq*))                                                                        \
  F(fmpq_set_str, int, (Fmpq*, const char*, int))                                                     \
  F(fmpq_canonicalise, void, (Fmpq*))                                                                 \
  F(fmpq_mpoly_ctx_init, void, (PolynomialRing*, long, int))                                          \
  F(fmpq_mpoly_ctx_clear, void, (PolynomialRing*))                                                    \
  F(fmpq_mpoly_init, void, (Polynomial*, const PolynomialRing*))                                      \
  F(fmpq_mpoly_clear, void, (Polynomial*, const PolynomialRing*))                                     \
  F(fmpq_mpoly_set, void, (Polynomial*, const Polynomial*, const PolynomialRing*))                    \
  F(fmpq_mpoly_one, void, (Polynomial*, const PolynomialRing*))                                       \
  F(fmpq_mpoly_gen, void, (Polynomial*, long, const PolynomialRing*))                                 \
  F(fmpq_mpoly_set_fmpq, void, (Polynomial*, const Fmpq*, const PolynomialRing*))                     \
  F(fmpq_mpoly_add, void, (Polynomial*, const Polynomial*, const Polynomial*, const PolynomialRing*)) \
  F(fmpq_mpoly_sub, void, (Polynomial*, const Polynomial*, const Polynomial*, const PolynomialRing*)) \
  F(fmpq_mpoly_mul, void, (Polynomial*, const Polynomial*, const Polynomial*, const PolynomialRing*)) \
  F(fmpq_mpoly_neg, void, (Polynomial*, const Polynomial*, const PolynomialRing*))                    \
  F(fmpq_mpoly_pow_ui, int, (Polynomial*, const Polynomial*, unsigned long, const PolynomialRing*))   \
  F(fmpq_mpoly_is_zero, int, (const Polynomial*, const PolynomialRing*))                              \
  F(fmpq_mpoly_length, long, (const Polynomial*, const PolynomialRing*))                              \
  F(arf_init, void, (Arf*))                                                                           \
  F(arf_clear, void, (Arf*))                                                                          \
  F(arf_abs_bound_lt_2exp_si, long, (const Arf*))                                                     \
  F(arb_init, void, (Arb*))                                                                           \
  F(arb_clear, void, (Arb*))                                                                          \
  F(arb_set_str, int, (Arb*, const char*, long))                                                      \
  F(arb_neg, void, (Arb*, const Arb*))                                                                \
  F(arb_const_e, void, (Arb*, long))                                                                  \
  F(arb_contains_zero, int, (const Arb*))                                                             \
  F(arb_is_negative, int, (const Arb*))                                                               \
  F(arb_root_ui, void, (Arb*, const Arb*, unsigned long, long))                                       \
  F(arb_floor, void, (Arb*, const Arb*, long))                                                        \
  F(arb_ceil, void, (Arb*, const Arb*, long))                                                         \
  F(acb_init, void, (Acb*))                                                                           \
  F(acb_clear, void, (Acb*))                                                                          \
  F(acb_set, void, (Acb*, const Acb*))                                                                \
  F(acb_set_arb, void, (Acb*, const Arb*))                                                            \
  F(acb_set_d, void, (Acb*, double))                                                                  \
  F(acb_onei, void, (Acb*))                                                                           \
  F(acb_const_pi, void, (Acb*, long))                                                                 \
  F(acb_add, void, (Acb*, const Acb*, const Acb*, long))                                              \
  F(acb_sub, void, (Acb*, const Acb*, const Acb*, long))                                              \
  F(acb_mul, void, (Acb*, const Acb*, const Acb*, long))                                              \
  F(acb_div, void, (Acb*, const Acb*, const Acb*, long))                                              \
  F(acb_pow, void, (Acb*, const Acb*, const Acb*, long))                                              \
  F(acb_neg, void, (Acb*, const Acb*))                                                                \
  F(acb_abs, void, (Arb*, const Acb*, long))                                                          \
  F(acb_get_real, void, (Arb*, const Acb*))                                                           \
  F(acb_get_imag, void, (Arb*, const Acb*))                                                           \
  F(acb_is_real, int, (const Acb*))                                                                   \
  F(acb_is_finite, int, (const Acb*))                                                                 \
  F(acb_contains_zero, int, (const Acb*))                                                             \
  F(acb_get_abs_ubound_arf, void, (Arf*, const Acb*, long))                                           \
  F(acb_root_ui, void, (Acb*, const Acb*, unsigned long, long))                                       \
  F(acb_sqrt, void, (Acb*, const Acb*, long))                                                         \
  F(acb_exp, void, (Acb*, const Acb*, long))                                                          \
  F(acb_log, void, (Acb*, const Acb*, long))                                                          \
  F(acb_sin, void, (Acb*, const Acb*, long))                                                          \
  F(acb_cos, void, (Acb*, const Acb*, long))                                                          \
  F(acb_tan, void, (Acb*, const Acb*, long))                                                          \
  F(acb_cot, void, (Acb*, const Acb*, long))                                                          \
  F(acb_sec, void, (Acb*, const Acb*, long))                                                          \
  F(acb_csc, void, (Acb*, const Acb*, long))                                                          \
  F(acb_asin, void, (Acb*, const Acb*, long))                                                         \
  F(acb_acos, void, (Acb*, const Acb*, long))                                                         \
  F(acb_atan, void, (Acb*, const Acb*, long))                                                         \
  F(acb_sinh, void, (Acb*, const Acb*, long))                                                         \
  F(acb_cosh, void, (Acb*, const Acb*, long))                                                         \
  F(acb_tanh, void, (Acb*, const Acb*, long))                                                         \
  F(acb_gamma, void, (Acb*, const Acb*, long))

struct ExactLibrary {
#define HRM_POINTER(name, result, parameters) result(*name) parameters = nullptr;
  HRM_EXACT_FUNCTIONS(HRM_POINTER)
#undef HRM_POINTER
};

// nullptr: not installed. The first call loads; any thread.
const ExactLibrary* exact_library();

// Whether a call came before, so that the next one takes no time.
bool exact_library_is_loaded();

inline constexpr std::string_view kExactPackages = "libflint18 (or newer), or libflint17 and libflint-arb2";

}  // namespace hrm::grading
