//! Contractions over lettered axes.

use super::{Case, WIDE, cases};
use crate::common::leaf;

pub const CASES: &[Case] = cases! {
    "einsum matrices" yes yes |g, l| { let a = leaf(g, l, &[3, 5], WIDE); let b = leaf(g, l, &[5, 2], WIDE); g.einsum("ij,jk->ik", &[a, b]) };
    "einsum to the transpose" yes yes |g, l| { let a = leaf(g, l, &[3, 5], WIDE); let b = leaf(g, l, &[5, 2], WIDE); g.einsum("ij,jk->ki", &[a, b]) };
    "einsum batched" yes yes |g, l| { let a = leaf(g, l, &[2, 3, 5], WIDE); let b = leaf(g, l, &[5, 4, 2], WIDE); g.einsum("bij,jkb->bik", &[a, b]) };
    "einsum of several rows" yes yes |g, l| { let a = leaf(g, l, &[2, 3, 5], WIDE); let b = leaf(g, l, &[5, 7], WIDE); g.einsum("btd,de->bte", &[a, b]) };
    "einsum over two inner letters" yes yes |g, l| { let a = leaf(g, l, &[2, 3, 4], WIDE); let b = leaf(g, l, &[4, 5, 3], WIDE); g.einsum("bhd,deh->be", &[a, b]) };
    "einsum of per-sample weights" yes yes |g, l| { let a = leaf(g, l, &[3, 4, 5], WIDE); let b = leaf(g, l, &[3, 5], WIDE); g.einsum("boi,bi->bo", &[a, b]) };
    "einsum outer product" yes yes |g, l| { let a = leaf(g, l, &[3], WIDE); let b = leaf(g, l, &[4], WIDE); g.einsum("i,j->ji", &[a, b]) };
    "einsum of scalars and vectors" yes yes |g, l| { let a = leaf(g, l, &[], WIDE); let b = leaf(g, l, &[4], WIDE); g.einsum(",j->j", &[a, b]) };
    "einsum inner product" yes yes |g, l| { let a = leaf(g, l, &[6], WIDE); let b = leaf(g, l, &[6], WIDE); g.einsum("i,i->", &[a, b]) };
    "einsum rows by rows" yes yes |g, l| { let a = leaf(g, l, &[3, 6], WIDE); let b = leaf(g, l, &[6, 3], WIDE); g.einsum("bi,ib->b", &[a, b]) };
    "einsum elementwise" yes yes |g, l| { let a = leaf(g, l, &[3, 6], WIDE); let b = leaf(g, l, &[6, 3], WIDE); g.einsum("bi,ib->ib", &[a, b]) };
    "einsum sums lonely letters" yes yes |g, l| { let a = leaf(g, l, &[3, 4, 5], WIDE); let b = leaf(g, l, &[5, 2], WIDE); let s = g.einsum("ixj,jy->i", &[a, b])?; g.square(s) };
    "einsum of one operand" yes yes |g, l| { let a = leaf(g, l, &[3, 4, 5], WIDE); let s = g.einsum("abc->ca", &[a])?; g.square(s) };
    "einsum sum of all" yes yes |g, l| { let a = leaf(g, l, &[3, 4], WIDE); let s = g.einsum("ab->", &[a])?; g.square(s) };
    "einsum bilinear" yes yes |g, l| { let a = leaf(g, l, &[2, 3], WIDE); let w = leaf(g, l, &[4, 3, 5], WIDE); let b = leaf(g, l, &[2, 5], WIDE); g.einsum("bi,oij,bj->bo", &[a, w, b]) };
    "einsum chain" yes yes |g, l| { let a = leaf(g, l, &[2, 7], WIDE); let b = leaf(g, l, &[7, 6], WIDE); let c = leaf(g, l, &[6, 1], WIDE); g.einsum("ij,jk,kl->li", &[a, b, c]) };
    "einsum of three with a common letter" yes yes |g, l| { let a = leaf(g, l, &[2, 3], WIDE); let b = leaf(g, l, &[2, 4], WIDE); let c = leaf(g, l, &[2, 5], WIDE); g.einsum("bi,bj,bk->ijk", &[a, b, c]) };
    "einsum of heads" yes yes |g, l| { let a = leaf(g, l, &[2, 3, 2, 4], WIDE); let w = leaf(g, l, &[2, 4, 5], WIDE); g.einsum("bthd,hde->bte", &[a, w]) };
    "einsum over nothing" no no |g, l| { let a = leaf(g, l, &[2, 0], WIDE); let b = leaf(g, l, &[0, 3], WIDE); g.einsum("ij,jk->ik", &[a, b]) };
    "einsum of extents 1" yes yes |g, l| { let a = leaf(g, l, &[1, 1, 3], WIDE); let b = leaf(g, l, &[1, 3, 1], WIDE); g.einsum("bij,bjk->bik", &[a, b]) };
};
