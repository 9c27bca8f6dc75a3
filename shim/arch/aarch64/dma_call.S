/* SPDX-License-Identifier: BSD-2-Clause */
/* The call of call.S that only a system with DMA regions has. In, clobbers: as there; out: x0. */
    .text
    .global shim_dma
    .type shim_dma, %function
shim_dma:
    mov     x2, x1
    mov     x1, x0
    mov     x0, #13
    hvc     #0x54               /* SHIM_HVC */
    ret
    .size shim_dma, . - shim_dma
