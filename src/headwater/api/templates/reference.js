const find = document.getElementById('find')
const found = document.getElementById('found')
const operations = [...document.querySelectorAll('details')]

function show() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean)
  let count = 0
  for (const each of operations) {
    const text = (each.id + ' ' + each.firstElementChild.textContent).toLowerCase()
    each.hidden = !words.every((word) => text.includes(word))
    count += each.hidden ? 0 : 1
  }
  for (const section of document.querySelectorAll('main > section')) {
    const own = [...section.querySelectorAll('details')]
    section.hidden = words.length > 0 && own.every((each) => each.hidden)
  }
  found.textContent = words.length ? `${count} of ${operations.length}` : ''
}

function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (target instanceof HTMLDetailsElement) target.open = true
}

find.addEventListener('input', show)
addEventListener('hashchange', open)
addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== find) {
    event.preventDefault()
    find.focus()
  }
})
open()
