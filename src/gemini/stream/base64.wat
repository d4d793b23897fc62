;; Decodes base64 from bytes to bytes, 16 characters at a time. `npm run assemble` makes
;; base64.wasm of this, and `npm run check` fails when the two differ.
(module
  ;; One page that never grows. The caller puts characters at 0 and finds bytes at 32768; what
  ;; stands there means nothing between two calls.
  (memory (export "memory") 1 1)

  ;; Takes groups of 16 characters from the first $length (at most 32768) up to a group that holds
  ;; anything but base64, or is not whole. Returns how many characters it took: a multiple of 16,
  ;; each 16 of which became 12 bytes.
  (func (export "decode") (param $length i32) (result i32)
    (local $from i32)
    (local $to i32)
    (local $index v128)
    (local $values v128)
    ;; V8 builds a constant anew wherever it stands, at three times the cost of the loop; a local
    ;; stays in its register.
    (local $row_2 v128)
    (local $row_3 v128)
    (local $row_4 v128)
    (local $row_5 v128)
    (local $row_6 v128)
    (local $row_7 v128)
    (local $row_length v128)
    (local $six_bits v128)
    (local $pair_weights v128)
    (local $byte_order v128)

    ;; The rows of the ASCII table that hold base64. A character's six bits stand below a 1, which
    ;; tells 'A' from what is no base64; + and - are both 62, / and _ both 63.
    (local.set $row_2 ;; + - /
      (v128.const i8x16
        0 0 0 0 0 0 0 0 0 0 0 0xbe 0 0xbe 0 0xbf))
    (local.set $row_3 ;; 0 to 9
      (v128.const i8x16
        0xb4 0xb5 0xb6 0xb7 0xb8 0xb9 0xba 0xbb 0xbc 0xbd 0 0 0 0 0 0))
    (local.set $row_4 ;; A to O
      (v128.const i8x16
        0 0x80 0x81 0x82 0x83 0x84 0x85 0x86 0x87 0x88 0x89 0x8a 0x8b 0x8c 0x8d 0x8e))
    (local.set $row_5 ;; P to Z, _
      (v128.const i8x16
        0x8f 0x90 0x91 0x92 0x93 0x94 0x95 0x96 0x97 0x98 0x99 0 0 0 0 0xbf))
    (local.set $row_6 ;; a to o
      (v128.const i8x16
        0 0x9a 0x9b 0x9c 0x9d 0x9e 0x9f 0xa0 0xa1 0xa2 0xa3 0xa4 0xa5 0xa6 0xa7 0xa8))
    (local.set $row_7 ;; p to z
      (v128.const i8x16
        0xa9 0xaa 0xab 0xac 0xad 0xae 0xaf 0xb0 0xb1 0xb2 0xb3 0 0 0 0 0))
    (local.set $row_length (i8x16.splat (i32.const 16)))
    (local.set $six_bits (i16x8.splat (i32.const 0x3f)))
    (local.set $pair_weights (i32x4.splat (i32.const 0x0001_1000)))
    ;; The three low bytes of each 32 bits, highest first.
    (local.set $byte_order (v128.const i8x16 2 1 0 6 5 4 10 9 8 14 13 12 -1 -1 -1 -1))

    (local.set $to (i32.const 32768))
    (block $done
      (loop $next
        (br_if $done (i32.gt_u (i32.add (local.get $from) (i32.const 16)) (local.get $length)))

        ;; Each row is looked up with the distance to its beginning: a swizzle gives 0 for a
        ;; distance that is not 0 to 15, as it is in every row but the character's own.
        (local.set $index (v128.load (local.get $from)))
        (local.set $index (i8x16.sub (local.get $index) (local.get $row_length)))
        (local.set $index (i8x16.sub (local.get $index) (local.get $row_length)))
        (local.set $values (i8x16.swizzle (local.get $row_2) (local.get $index)))
        (local.set $index (i8x16.sub (local.get $index) (local.get $row_length)))
        (local.set $values
          (v128.or (local.get $values) (i8x16.swizzle (local.get $row_3) (local.get $index))))
        (local.set $index (i8x16.sub (local.get $index) (local.get $row_length)))
        (local.set $values
          (v128.or (local.get $values) (i8x16.swizzle (local.get $row_4) (local.get $index))))
        (local.set $index (i8x16.sub (local.get $index) (local.get $row_length)))
        (local.set $values
          (v128.or (local.get $values) (i8x16.swizzle (local.get $row_5) (local.get $index))))
        (local.set $index (i8x16.sub (local.get $index) (local.get $row_length)))
        (local.set $values
          (v128.or (local.get $values) (i8x16.swizzle (local.get $row_6) (local.get $index))))
        (local.set $index (i8x16.sub (local.get $index) (local.get $row_length)))
        (local.set $values
          (v128.or (local.get $values) (i8x16.swizzle (local.get $row_7) (local.get $index))))
        (br_if $done (i32.ne (i8x16.bitmask (local.get $values)) (i32.const 0xffff)))

        ;; Two times six bits become twelve in each 16, the first character's above the second's.
        (local.set $values
          (v128.or
            (i16x8.shl (v128.and (local.get $values) (local.get $six_bits)) (i32.const 6))
            (v128.and (i16x8.shr_u (local.get $values) (i32.const 8)) (local.get $six_bits))))
        ;; Two times twelve bits become 24 in each 32: the first times 4096, plus the second.
        (local.set $values (i32x4.dot_i16x8_s (local.get $values) (local.get $pair_weights)))
        ;; The four bytes too many are written over by the next group, or never read.
        (v128.store (local.get $to) (i8x16.swizzle (local.get $values) (local.get $byte_order)))

        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 12)))
        (br $next)))
    (local.get $from)))
