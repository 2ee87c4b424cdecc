/*
 * The loops that pgvector leaves to the compiler: plain ones over two vectors, which run.sh compiles
 * with the options of its packages.  Written anew, with the shape of its: one running sum each.
 */
#include "pgvector_loops.h"

#include <math.h>

#if defined(__x86_64__) && defined(__gnu_linux__)
#define CLONES __attribute__((target_clones("default", "fma")))
#else
#define CLONES
#endif

CLONES double pgvector_l2_squared(const float *a, const float *b, int n)
{
	float sum = 0;

	for (int i = 0; i < n; i++)
	{
		float difference = a[i] - b[i];

		sum += difference * difference;
	}
	return sum;
}

CLONES double pgvector_ip(const float *a, const float *b, int n)
{
	float sum = 0;

	for (int i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

CLONES double pgvector_cosine(const float *a, const float *b, int n)
{
	float ab = 0, aa = 0, bb = 0;

	for (int i = 0; i < n; i++)
	{
		ab += a[i] * b[i];
		aa += a[i] * a[i];
		bb += b[i] * b[i];
	}
	return 1 - (double) ab / sqrt((double) aa * (double) bb);
}

CLONES double pgvector_l1(const float *a, const float *b, int n)
{
	float sum = 0;

	for (int i = 0; i < n; i++)
		sum += fabsf(a[i] - b[i]);
	return sum;
}

/* halfvec: on x86-64 eight at a time by F16C and FMA into one sum, elsewhere left to the compiler. */
#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx,f16c,fma"))) double pgvector_l2_squared_half(const uint16_t *a, const uint16_t *b, int n)
{
	__m256 sums = _mm256_setzero_ps();
	float parts[8], sum = 0;
	int i = 0;

	for (; i + 8 <= n; i += 8)
	{
		__m256 x = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *) (a + i)));
		__m256 y = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *) (b + i)));
		__m256 difference = _mm256_sub_ps(x, y);

		sums = _mm256_fmadd_ps(difference, difference, sums);
	}
	_mm256_storeu_ps(parts, sums);
	for (int k = 0; k < 8; k++)
		sum += parts[k];
	for (; i < n; i++)
	{
		float difference = _cvtsh_ss(a[i]) - _cvtsh_ss(b[i]);

		sum += difference * difference;
	}
	return sum;
}
#else
double pgvector_l2_squared_half(const uint16_t *a, const uint16_t *b, int n)
{
	const _Float16 *x = (const _Float16 *) a, *y = (const _Float16 *) b;
	float sum = 0;

	for (int i = 0; i < n; i++)
	{
		float difference = (float) x[i] - (float) y[i];

		sum += difference * difference;
	}
	return sum;
}
#endif
