/* What pgvector_loops.c has. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

double pgvector_l2_squared(const float *a, const float *b, int n);
double pgvector_ip(const float *a, const float *b, int n);
double pgvector_cosine(const float *a, const float *b, int n);
double pgvector_l1(const float *a, const float *b, int n);
double pgvector_l2_squared_half(const uint16_t *a, const uint16_t *b, int n);

#ifdef __cplusplus
}
#endif
