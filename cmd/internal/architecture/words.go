package architecture

import (
	"go/ast"
	"go/token"
	"strings"
)

// wordsHome is where everything stands that faults say to people: a translator
// reads one package.
const wordsHome = "core/fault"

// ownWords finds where a file that speaks of faults gives one words of its own:
// a literal Field or Error with a Message, a Message that is assigned, or a
// sentence as the Message of anything.
func ownWords(set *token.FileSet, parsed *ast.File, name string) []mention {
	var found []mention
	add := func(n ast.Node, what string) { found = append(found, mention{what, set.Position(n.Pos()).Line}) }
	spoken := func(t ast.Expr) bool {
		selector, ok := t.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		of, ok := selector.X.(*ast.Ident)
		return ok && of.Obj == nil && of.Name == name && (selector.Sel.Name == "Field" || selector.Sel.Name == "Error")
	}
	literals := map[*ast.CompositeLit]bool{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if spoken(n.Type) {
				literals[n] = true
			}
			for _, of := range elements(n, spoken) {
				literals[of] = true
			}
			if literals[n] && wordy(n) {
				add(n, "a literal Message")
			}
		case *ast.KeyValueExpr:
			if isMessage(n.Key) && hasSentence(n.Value) {
				add(n, "a sentence as Message")
			}
		case *ast.AssignStmt:
			for _, to := range n.Lhs {
				if selector, ok := to.(*ast.SelectorExpr); ok && isMessage(selector.Sel) {
					add(n, "an assigned Message")
				}
			}
		}
		return true
	})
	return found
}

// elements gives the elements of a list or map of what is spoken, whose type is
// left out.
func elements(n *ast.CompositeLit, spoken func(ast.Expr) bool) []*ast.CompositeLit {
	var of ast.Expr
	switch t := n.Type.(type) {
	case *ast.ArrayType:
		of = t.Elt
	case *ast.MapType:
		of = t.Value
	}
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if !spoken(of) {
		return nil
	}
	var all []*ast.CompositeLit
	for _, e := range n.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			e = pair.Value
		}
		if l, ok := e.(*ast.CompositeLit); ok && l.Type == nil {
			all = append(all, l)
		}
	}
	return all
}

// wordy tells whether a literal gives a Message, by name or by place.
func wordy(n *ast.CompositeLit) bool {
	for _, e := range n.Elts {
		pair, named := e.(*ast.KeyValueExpr)
		if !named || isMessage(pair.Key) && !hasSentence(pair.Value) {
			return true
		}
	}
	return false
}

func isMessage(key ast.Expr) bool {
	name, ok := key.(*ast.Ident)
	return ok && name.Name == "Message"
}

// hasSentence tells whether an expression holds a text of more than one word.
func hasSentence(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING && strings.Contains(l.Value, " ") {
			found = true
		}
		return !found
	})
	return found
}
